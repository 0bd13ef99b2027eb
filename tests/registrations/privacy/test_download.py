"""What somebody can read of what is kept of them (rule 12)."""

from __future__ import annotations

import pytest

from registrations.privacy.download import my_data
from tests.factories import make_event, make_question, make_registration

pytestmark = pytest.mark.django_db


def test_my_data_tells_the_answers():
    event = make_event()
    wijk = make_question(event, "Wijk?")
    registration = make_registration(event, answers={wijk.pk: "Poelenburg"})

    assert my_data(registration)["answers"] == [{"question": "Wijk?", "answer": "Poelenburg"}]
