"""The file that tells a restore what must stay gone: it is complete, bounded and the site's own."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from registrations.booking import changing
from registrations.models import Host
from registrations.privacy.journal import KEPT, Journal, read
from tests.factories import make_event, make_host, make_registration, make_slot

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_it_says_every_hour_that_it_is_complete(tmp_path):
    journal, now = Journal(tmp_path), timezone.now()
    journal.note(now)
    assert journal.note(now + timedelta(minutes=59)) == 0
    assert journal.note(now + timedelta(minutes=61)) == 1

    assert read(tmp_path).last == now + timedelta(minutes=61)


def test_it_forgets_what_no_backup_is_old_enough_for(tmp_path):
    now = timezone.now()
    event = make_event(starts_at=now + timedelta(days=14))
    make_slot(event, "1a", 1, seats=4)
    noor = make_registration(event, email="noor@haarlem.example", at=now)
    make_host(event, "1a", at=now)
    journal = Journal(tmp_path)
    journal.note(now)
    changing.cancel(noor, at=now + DAY)
    journal.note(now + DAY)
    another = tmp_path / "another-machine.jsonl"
    another.write_text(f'{{"what":"mark","at":"{now.isoformat()}"}}\n')
    long_ago = (now - DAY).timestamp()
    os.utime(another, (long_ago, long_ago))
    size = journal.path.stat().st_size

    later = now + KEPT + 3 * DAY
    journal.note(later)
    assert not another.exists()
    assert journal.path.stat().st_size < size
    for facts in (journal.facts, read(tmp_path)):
        assert facts.begins == later - KEPT
        assert not facts.cancelled
    kinds = {kind for kind, _which in read(tmp_path).here}
    assert {"host", "host link"} <= kinds

    # What was there before and goes now is still known to have been there.
    Host.objects.all().delete()
    Journal(tmp_path).note(later + timedelta(minutes=2))
    assert {"host", "host link"} <= {kind for kind, _which in read(tmp_path).gone}


def test_a_fresh_look_does_not_bring_back_what_was_forgotten(tmp_path):
    now = timezone.now()
    event = make_event(starts_at=now + timedelta(days=14))
    noor = make_registration(event, at=now - KEPT - 3 * DAY)
    changing.cancel(noor, at=now - KEPT - 2 * DAY)

    Journal(tmp_path).note(now)

    assert not read(tmp_path).cancelled


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_makes_is_for_the_account_of_the_site(tmp_path):
    os.chown(tmp_path, 12_345, 12_345)

    Journal(tmp_path / "journal").note(timezone.now())

    made = [tmp_path / "journal", *(tmp_path / "journal").iterdir()]
    assert {one.stat().st_uid for one in made} == {12_345}
