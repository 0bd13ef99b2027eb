"""Addresses at which no event could be found."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import override

from program.models.slugs import RESERVED_SLUGS, not_reserved
from tests.factories import make_event


@pytest.mark.parametrize("slug", ["en-nu", "EN-nu", "nl-doet", "en-", "admin", "Deur", "EN"])
def test_slug_of_the_site_itself_is_refused(slug):
    with pytest.raises(ValidationError) as caught:
        not_reserved(slug)

    with override("en"):
        assert " another " in caught.value.messages[0]


@pytest.mark.parametrize("slug", ["ennu", "nlp-dag", "enquete", "open-en-nu", "de-wijk", "be-1"])
def test_slug_that_only_looks_a_little_like_it_is_fine(slug):
    not_reserved(slug)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", [*RESERVED_SLUGS, "en-nu", "EN-nu", "nl-doet"])
def test_database_refuses_such_a_slug_too(slug):
    with pytest.raises(IntegrityError, match="event_slug_not_"), transaction.atomic():
        make_event(slug=slug)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["ennu", "nlp-dag", "open-en-nu", "de-wijk", "fr-nu"])
def test_event_is_found_at_its_slug_in_both_languages(client, slug):
    make_event(slug=slug)

    assert client.get(f"/{slug}/").status_code == 200
    assert client.get(f"/en/{slug}/").status_code == 200
