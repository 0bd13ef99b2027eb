"""The least that Django can do for a page or a sign-up: what Tafelronde is measured against.

Served as the site is, on the same database, without middleware: constant bytes, and a transaction
of two updates and three inserts as a sign-up has.
"""

from __future__ import annotations

import os
import secrets
from typing import ClassVar

import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, models, transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.urls import path

if not settings.configured:  # else it is the benchmark that makes our tables
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        DATABASES={
            "default": environ.Env().db_url("DATABASE_URL") | {"OPTIONS": {}, "CONN_MAX_AGE": 60}
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        MIDDLEWARE=[],
        ROOT_URLCONF=__name__,
        SECRET_KEY=secrets.token_hex(),
        USE_TZ=True,
    )
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        settings.DATABASES["default"]["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;",
        }
    application = get_wsgi_application()


class Counter(models.Model):
    taken = models.IntegerField(default=0)

    objects: ClassVar[models.Manager[Counter]] = models.Manager()

    class Meta:
        app_label = "floor"

    def __str__(self) -> str:
        return str(self.pk)


class Row(models.Model):
    counter = models.ForeignKey(Counter, on_delete=models.CASCADE)
    text = models.CharField(max_length=200)
    key = models.CharField(max_length=40, unique=True)

    objects: ClassVar[models.Manager[Row]] = models.Manager()

    class Meta:
        app_label = "floor"

    def __str__(self) -> str:
        return self.key


def constant(request: HttpRequest, size: int) -> HttpResponse:
    return HttpResponse(BYTES[:size])


def insert(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        Counter.objects.filter(pk=1).update(taken=F("taken") + 1)
        Counter.objects.filter(pk=2).update(taken=F("taken") + 1)
        for _row in range(3):
            Row.objects.create(counter_id=1, text=request.POST["email"], key=secrets.token_hex(20))
    return HttpResponse(status=303)


def make_tables() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Counter)
        editor.create_model(Row)
    Counter.objects.create()
    Counter.objects.create()


BYTES = os.urandom(500_000)
urlpatterns = [path("constant/<int:size>/", constant), path("insert/", insert)]
