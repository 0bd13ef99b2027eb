"""What a restore does again, and what it leaves: without the programs that read a dump."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from eventsite.backup import replay
from program.models import Event
from registrations.booking import changing
from registrations.booking.places import differences
from registrations.door import judging
from registrations.mailing import unsubscribing
from registrations.models import DoorPass, HeldTap, Registration, StoredMail
from registrations.organising import digests
from registrations.privacy import erasure
from registrations.privacy.journal import Journal, keys_of, read
from tests.factories import make_event, make_registration, make_slot
from tests.registrations.door.tapping import make_pass

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _journal(settings, tmp_path) -> None:
    settings.JOURNAL = tmp_path / "journal"


@pytest.fixture
def event() -> Event:
    event = make_event(capacity=4, starts_at=timezone.now() + timedelta(days=14))
    make_slot(event, "1a", 1, seats=4)
    return event


def told(settings):
    Journal().note(timezone.now(), everything=True)
    return read(settings.JOURNAL)


def again(facts, **when):
    now = timezone.now()
    return replay.again(facts, made_at=when.get("made_at", now), at=now)


def test_somebody_who_was_erased_is_known_in_an_older_backup(event, settings):
    noor = make_registration(event, {1: "1a"}, email="noor@haarlem.example", at=timezone.now())
    erasure.erase(noor, at=timezone.now())
    facts = told(settings)
    # As the backup has it: not erased, under the number that it had.
    Registration.objects.filter(pk=noor.pk).update(
        erased_at=None, email="noor@haarlem.example", first_name="Noor", uuid=noor.uuid
    )

    assert again(facts)["erased again"] == 1
    assert Registration.objects.get().email == ""


def test_what_was_undone_before_the_backup_is_not_done_again(event, settings):
    noor = make_registration(event, email="noor@haarlem.example", at=timezone.now())
    changing.cancel(noor, at=timezone.now())
    unsubscribing.set_wants_mail(noor, False, at=timezone.now())
    facts = told(settings)
    unsubscribing.set_wants_mail(noor, True, at=timezone.now())
    Registration.objects.update(status="confirmed", holds_place=True, ended_at=None)
    Event.objects.update(taken=1)

    assert not again(facts, made_at=timezone.now() + HOUR)
    assert Registration.objects.get().is_confirmed

    done = again(facts, made_at=timezone.now() - HOUR)
    assert (done["cancelled again"], done["taken off mail to many again"]) == (1, 1)


def test_a_second_cancellation_is_told_too(event, settings):
    noor = make_registration(event, email="noor@haarlem.example", at=timezone.now())
    changing.cancel(noor, at=timezone.now() - 3 * HOUR)
    first = told(settings)
    Registration.objects.update(ended_at=timezone.now())
    second = told(settings)

    assert list(first.cancelled) == list(second.cancelled)
    assert first.cancelled != second.cancelled


def test_accounts_that_were_deleted_do_not_come_back(settings):
    User.objects.create_user("jansen", "jansen@gemeente.example", "x")
    user = User.objects.get()
    told(settings)
    kept = User.objects.get()
    user.delete()
    facts = told(settings)
    kept.save(force_insert=True)

    again(facts)

    assert not User.objects.exists()


def test_what_opens_an_account_stays_withdrawn(event, settings):
    user = User.objects.create_user("jansen", "oud@gemeente.example", "x", is_staff=True)
    mailbox = EmailAddress.objects.create(user=user, email=user.email, verified=True)
    right = Permission.objects.get(codename="add_venue")
    user.user_permissions.add(right)
    SocialAccount.objects.create(user=user, provider="p", uid="1")
    digests.choose(event, user, "daily", language="nl", at=timezone.now())
    told(settings)
    account = SocialAccount.objects.get()
    User.objects.update(email="nieuw@gemeente.example")
    user.user_permissions.clear()
    SocialAccount.objects.all().delete()
    event.digests.all().delete()
    facts = told(settings)
    # The backup is back.
    User.objects.update(email="oud@gemeente.example")
    user.user_permissions.add(right)
    joined = account.date_joined
    account.save(force_insert=True)
    SocialAccount.objects.update(date_joined=joined)
    digests.choose(event, user, "daily", language="nl", at=timezone.now())

    again(facts)

    user.refresh_from_db()
    assert (user.email, user.is_active, user.has_usable_password()) == ("", True, True)
    assert not EmailAddress.objects.filter(pk=mailbox.pk).exists()
    assert not user.user_permissions.exists()
    assert not SocialAccount.objects.exists()
    assert not event.digests.exists()


def test_a_new_secret_key_makes_nobody_lose_an_address(settings):
    User.objects.create_user("jansen", "jansen@gemeente.example", "x")
    told(settings)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key of at least fifty characters, for this test only"

    assert not again(told(settings))
    assert User.objects.get().email == "jansen@gemeente.example"


def test_mail_is_known_under_the_key_of_before(settings):
    mail = StoredMail(kind=StoredMail.Kind.DIGEST, to="jansen@gemeente.example")
    before = keys_of(mail)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key of at least fifty characters, for this test only"

    assert before[0] in keys_of(mail)
    assert before[0] != keys_of(mail)[0]


def test_what_organisers_decided_about_the_door_stays_so(event, settings):
    now = timezone.now()
    door = make_pass(event)
    held = HeldTap.objects.create(
        id="0f7c2c5e-6e57-4a0b-9d0a-2f4b7c0f5a11",
        event=event,
        door_pass=door,
        why="many",
        seq=1,
        kind="walkin",
        at=now,
        first_name="Els",
        received_at=now,
    )
    secret = DoorPass.objects.get().secret
    told(settings)
    judging.refuse(event, [held.pk], who="o", at=now)
    DoorPass.objects.update(withdrawn_at=now, secret="", taken_back_at=now)
    facts = told(settings)
    HeldTap.objects.update(refused_at=None, first_name="Els")
    DoorPass.objects.update(withdrawn_at=None, secret=secret, taken_back_at=None)

    done = again(facts)

    assert done["door devices taken back again"] == 1
    assert DoorPass.objects.get().taken_back_at
    tap = HeldTap.objects.get()
    assert (tap.name, bool(tap.refused_at)) == ("", True)


def test_only_what_is_new_in_the_journal_is_done_on_top(event, settings):
    noor = make_registration(event, email="noor@haarlem.example", at=timezone.now())
    emma = make_registration(event, email="emma@haarlem.example", at=timezone.now())
    StoredMail.objects.update(sent_at=timezone.now(), about={}, asked=False)
    changing.cancel(noor, mail=False, at=timezone.now())
    first = told(settings)
    changing.cancel(emma, mail=False, at=timezone.now())
    new = told(settings).newer_than(first)

    assert len(new.cancelled) == 1
    assert new.sent == {}
    assert new.gone.isdisjoint(first.gone)


def test_what_was_miscounted_is_put_right_if_one_asks_for_it(event):
    now = timezone.now()
    make_registration(event, {1: "1a"}, at=now)
    event.slots.update(taken=3)
    Event.objects.update(taken=4)

    with pytest.raises(replay.Miscounted, match="4 places taken"):
        replay.begin(made_at=now, at=now)
    assert len(replay.begin(made_at=now, at=now, recount=True)) == 2

    assert differences() == []
    assert Event.objects.get().taken == 1
