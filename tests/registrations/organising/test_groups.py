"""What the ready-made groups may do, as ``migrate`` leaves them."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from registrations.organising.groups import DOOR_STAFF, ORGANISERS, READERS
from tests.factories import make_organiser

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[3]
ASKED = re.compile(r"\"((?:program|registrations)\.(?:add|change|delete|view)_\w+)\"")


def may(group: str) -> set[str]:
    found = Permission.objects.filter(group__name=group)
    return {f"{one.content_type.app_label}.{one.codename}" for one in found}


def of_models(label: str, *verbs: str) -> set[str]:
    models = apps.get_app_config(label).get_models()
    return {f"{label}.{verb}_{model._meta.model_name}" for model, verb in product(models, verbs)}


def test_organisers_edit_programmes_and_only_look_at_people():
    assert may(ORGANISERS) == {
        *of_models("program", "add", "change", "delete", "view"),
        *of_models("registrations", "view"),
        "registrations.change_registration",
    }
    assert may(DOOR_STAFF) == set()
    assert may(READERS) == {"program.read_event"}


def test_organisers_have_what_the_pages_ask_for():
    sources = [path for app in ("program", "registrations") for path in (ROOT / app).rglob("*.py")]
    asked = {name for path in sources for name in ASKED.findall(path.read_text())}

    assert {"program.change_event", "registrations.change_registration"} <= asked
    assert {name for name in asked if not make_organiser().has_perm(name)} == set()
    shown = {model._meta.label_lower.replace(".", ".view_") for model in admin.site._registry}
    assert {name for name in shown if not name.startswith("auth.")} <= may(ORGANISERS)


def test_groups_get_the_permissions_of_models_that_are_new():
    Group.objects.all().delete()

    call_command("migrate", verbosity=0)

    assert "registrations.view_doorpass" in may(ORGANISERS)
    assert Group.objects.filter(name=DOOR_STAFF).exists()
