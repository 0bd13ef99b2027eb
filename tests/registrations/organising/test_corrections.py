"""Rule 3: what an organiser may mend of a name and an address, and what not."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from program.models import Event
from registrations.booking import changing, signup
from registrations.errors import (
    AddressProven,
    AnotherName,
    DetailsMeanwhile,
    Erased,
    LinkUnknown,
    NameNotFixed,
    NothingChanged,
    NotRegistered,
    OtherWords,
    RegisteredAlready,
    RoleGone,
)
from registrations.models import Registration, StoredMail
from registrations.organising import by_hand, corrections
from registrations.privacy import erasure
from registrations.privacy.download import my_data
from registrations.queries import tokens
from tests.factories import NOW, make_event, make_registration
from tests.mailed import words_of

pytestmark = pytest.mark.django_db
WHO: dict[str, Any] = {"who": "organisator", "why": "Typefout."}
ADDRESS = "aaltje@haarlem.example"


@pytest.fixture
def event() -> Event:
    return make_event()


@pytest.fixture
def jan(event: Event) -> Registration:
    return make_registration(
        event,
        email="jan@haarlem.example",
        first_name="Jan",
        last_name="van den Bergh",
        organisation="Buurthuis",
    )


def correct(registration: Registration, first: str, last: str) -> Registration:
    return corrections.correct_name(registration, first, last, **WHO, at=NOW)


def by_phone(event: Event, email: str = "") -> Registration:
    person = signup.Attendee("Aaltje", "Kok", email)
    return by_hand.add(event, person, {}, who="organisator", why="Belde op.", at=NOW)


def test_corrected_name_is_found_and_sorted_as_it_is_now(jan):
    corrected = correct(jan, "Jan", "van den Berg")

    jan.refresh_from_db()
    assert corrected.name == jan.name == "Jan van den Berg"
    assert jan.sort_name == "Berg, Jan van den"
    assert jan.sort_key == "berg , jan van den"
    assert jan.search_name == "jan van den berg buurthuis"
    assert jan.name_confirmed == "Jan van den Bergh"
    assert jan.name_corrected_at == NOW
    assert jan.version == Event.objects.get().version
    assert my_data(jan)["name_confirmed"] == "Jan van den Bergh"


def test_correction_is_in_the_history_without_the_name_and_told_by_mail(jan):
    correct(jan, "Jan", "van den Berg")

    change = jan.changes.latest("pk")
    assert (change.what, change.who, change.why) == ("corrected", "organisator", "Typefout.")
    assert (change.old, change.new) == ({}, {"letters": 1})
    mail = StoredMail.objects.get(kind="corrected")
    assert mail.to == "jan@haarlem.example"
    assert "van den Bergh" in words_of(mail).text
    assert "Bergh" not in words_of(mail).subject


def test_corrections_are_measured_from_the_name_first_confirmed(jan):
    correct(jan, "Jan", "van den Berg")
    correct(jan, "Jon", "van den Berg")
    with pytest.raises(AnotherName) as refused:
        correct(jan, "Jon", "van der Berg")

    assert refused.value.letters == 3
    jan.refresh_from_db()
    assert jan.name == "Jon van den Berg"
    assert jan.name_confirmed == "Jan van den Bergh"
    # Back towards it there is room again.
    assert correct(jan, "Jan", "van der Berg").name == "Jan van der Berg"


def test_place_does_not_pass_to_somebody_else_by_a_correction(jan):
    with pytest.raises(AnotherName):
        correct(jan, "Piet", "van den Bergh")

    jan.refresh_from_db()
    assert jan.name == "Jan van den Bergh"
    assert not StoredMail.objects.filter(kind="corrected").exists()


def test_case_and_accents_and_the_place_of_a_particle_cost_no_letter(jan):
    corrected = correct(jan, "Ján van", "DEN BERGH")

    assert corrected.name == "Ján van DEN BERGH"
    assert jan.changes.latest("pk").new == {"letters": 0}


def test_other_sign_ups_of_the_address_go_to_the_door_again(event: Event, jan: Registration):
    """It takes sign-ups with one name and address for one person."""
    other = make_registration(event, email="Jan@haarlem.example", confirmed=False)

    correct(jan, "Jan", "van den Berg")

    other.refresh_from_db()
    assert other.version == Event.objects.get().version


def test_the_same_name_is_no_correction(jan):
    with pytest.raises(NothingChanged):
        correct(jan, "Jan", "van den Bergh")


def test_name_of_somebody_not_confirmed_or_gone_is_not_corrected(event):
    pending = make_registration(event, confirmed=False)
    cancelled = changing.cancel(make_registration(event), at=NOW)

    for registration in (pending, cancelled):
        with pytest.raises(NameNotFixed):
            correct(registration, "Noor", "van der Meule")


def test_name_of_somebody_without_an_address_is_corrected_in_silence(event):
    registration = correct(by_phone(event), "Aaltje", "Koks")

    assert registration.name_confirmed == "Aaltje Kok"
    assert not StoredMail.objects.exists()


def test_corrected_name_stays_sorted_as_a_whole_where_an_organiser_chose_so(jan):
    corrections.set_order(jan, "Van den Bergh, Jan", who="organisator", at=NOW)
    correct(jan, "Jan", "van den Berg")

    jan.refresh_from_db()
    assert jan.sort_name == "Van den Berg, Jan"
    assert jan.sort_key == "van den berg , jan"


def test_order_in_lists_has_the_words_of_the_name(jan):
    corrections.set_order(jan, "Van den Bergh, Jan", who="organisator", at=NOW)

    jan.refresh_from_db()
    assert (jan.sort_name, jan.sort_key) == ("Van den Bergh, Jan", "van den bergh , jan")
    assert jan.name_corrected_at is None
    assert jan.changes.latest("pk").new == {"order": True}
    for wrong in ("Jansen, Piet", "Bergh, Jan", "Bergh, Jan van den den"):
        with pytest.raises(OtherWords):
            corrections.set_order(jan, wrong, who="organisator", at=NOW)
    with pytest.raises(NothingChanged):
        corrections.set_order(jan, "Van den Bergh, Jan", who="organisator", at=NOW)


def test_order_of_an_erased_person_is_not_changed(jan):
    erasure.erase(jan, at=NOW)

    with pytest.raises(Erased):
        corrections.set_order(jan, "x", who="organisator", at=NOW)


def test_erasing_leaves_no_trace_of_the_name_before(jan):
    correct(jan, "Jan", "van den Berg")
    erasure.erase(jan, at=NOW)

    jan.refresh_from_db()
    assert (jan.name, jan.name_confirmed) == ("", "")
    assert set(jan.changes.values_list("why", flat=True)) == {""}


# Addresses


def set_address(registration: Registration, email: str = ADDRESS) -> Registration:
    return corrections.set_address(registration, email, **WHO, at=NOW)


def test_ones_data_says_that_staff_did_it_and_not_by_which_account(jan):
    corrections.correct_name(jan, "Jan", "van den Berg", **WHO, at=NOW)

    told = [(row["what"], row["who"], row["why"]) for row in my_data(jan)["history"]]
    assert told[0] == ("signed_up", "attendee", "")
    assert told[-1] == ("corrected", "staff", "Typefout.")


def test_address_of_somebody_added_without_one_brings_their_mail(event):
    registration = set_address(by_phone(event))

    assert registration.email == ADDRESS
    assert registration.changes.latest("pk").what == "addressed"
    (mail,) = StoredMail.objects.all()
    assert (mail.kind, mail.to, words_of(mail).calendar_method) == ("added", ADDRESS, "REQUEST")


def test_proven_address_is_never_changed(jan):
    with pytest.raises(AddressProven):
        set_address(jan)
    Registration.objects.update(email_refused_at=NOW)
    with pytest.raises(AddressProven):
        set_address(jan)


def test_a_refused_address_of_somebody_added_by_hand_can_be_corrected(event):
    registration = by_phone(event, "aaltje@haalrem.example")
    with pytest.raises(AddressProven):
        set_address(registration)
    Registration.objects.update(email_refused_at=NOW)

    mended = set_address(registration)

    assert (mended.email, mended.email_refused_at) == (ADDRESS, None)
    assert list(StoredMail.objects.values_list("kind", "to")) == [("added", ADDRESS)]


def test_mended_address_before_confirming_makes_the_old_link_dead(event):
    pending = make_registration(event, email="aaltje@haalrem.example", confirmed=False)
    token = tokens.token_of(pending)

    mended = set_address(pending)

    with pytest.raises(LinkUnknown):
        tokens.find(token)
    (mail,) = StoredMail.objects.all()
    assert (mail.kind, mail.to) == ("confirm", ADDRESS)
    assert tokens.token_of(mended) in words_of(mail).text


def test_address_of_a_sign_up_that_ended_is_not_mended(event, jan):
    late = make_registration(event, confirmed=False, at=NOW - timedelta(hours=2))
    with pytest.raises(NotRegistered):
        set_address(late)
    changing.cancel(jan, at=NOW)
    with pytest.raises(NotRegistered):
        set_address(jan)


def test_address_of_somebody_else_who_is_registered_is_refused(event, jan):
    with pytest.raises(RegisteredAlready):
        set_address(by_phone(event), "Jan@Haarlem.example")


def change(registration: Registration, **details: str) -> Registration:
    return corrections.change_details(
        registration, corrections.PersonDetails(**details), **WHO, at=NOW
    )


def test_organisation_and_role_are_corrected_and_found(event, jan):
    changed = change(jan, organisation="Gemeente Oss", role="raadslid")

    jan.refresh_from_db()
    assert (changed.organisation, jan.organisation, jan.role.code) == (
        *("Gemeente Oss", "Gemeente Oss"),
        "raadslid",
    )
    assert jan.search_name == "jan van den bergh gemeente oss"
    assert (jan.name_corrected_at, jan.sort_name) == (None, "Bergh, Jan van den")
    event.refresh_from_db()
    assert jan.version == event.version, "the door shows the organisation"


def test_a_phone_number_and_a_note_are_kept_and_named_to_nobody_in_the_history(jan):
    change(jan, organisation="Buurthuis", role="inwoner", phone="06 1234", note="Komt later.")

    jan.refresh_from_db()
    assert (jan.phone, jan.note) == ("06 1234", "Komt later.")
    line = jan.changes.get(what="details")
    assert (line.old, line.new) == ({}, {"fields": ["phone", "note"]})


def test_details_that_are_already_so_change_nothing(jan):
    with pytest.raises(NothingChanged):
        change(jan, organisation="Buurthuis", role="inwoner")


def test_details_of_a_page_that_is_out_of_date_are_refused(jan):
    seen = asdict(corrections.PersonDetails.of(jan))
    change(jan, organisation="Gemeente Oss", role="inwoner")

    with pytest.raises(DetailsMeanwhile):
        corrections.change_details(
            jan, corrections.PersonDetails(organisation="Anders"), seen=seen, **WHO, at=NOW
        )


def test_a_role_that_is_no_longer_asked_can_stay_but_not_be_given(event, jan):
    event.roles.filter(code__in=["inwoner", "student"]).update(retired_at=NOW)
    event.bump_programme()

    change(jan, organisation="Elders", role="inwoner")
    with pytest.raises(RoleGone):
        change(jan, organisation="Elders", role="student")


def test_nobody_is_mailed_about_details(jan):
    StoredMail.objects.all().delete()
    change(jan, phone="06 1234")

    assert not StoredMail.objects.exists()


def test_phone_and_note_are_erased_and_downloaded_like_the_rest(jan):
    told = my_data(change(jan, phone="06 1234", note="Komt later."))
    assert (told["phone"], told["note"]) == ("06 1234", "Komt later.")

    erasure.erase(jan, at=NOW)

    jan.refresh_from_db()
    assert (jan.phone, jan.note) == ("", "")
    with pytest.raises(Erased):
        change(jan, phone="06 1234")


def test_the_database_keeps_no_phone_or_note_of_the_erased(jan):
    erasure.erase(jan, at=NOW)

    for left in ({"phone": "06"}, {"note": "x"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Registration.objects.filter(pk=jan.pk).update(**left)
