"""Typing errors after the @ are asked about, and right addresses are left alone."""

from __future__ import annotations

import pytest

from registrations.names import mail_domains
from registrations.names.mail_domains import better


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmial.co", "gmail.com"),
        ("GMIAL.com", "gmail.com"),
        ("gmail.nl", "gmail.com"),
        ("hotmial.con", "hotmail.com"),
        ("hotmal.nl", "hotmail.nl"),
        ("outlok.com", "outlook.com"),
        ("iclod.com", "icloud.com"),
        ("zigo.nl", "ziggo.nl"),
        ("live.con", "live.com"),
        ("zaanstad.nll", "zaanstad.nl"),
        ("zaanstd.nl", "zaanstad.nl"),
        ("amsterdm.nl", "amsterdam.nl"),
        ("ede.nll", "ede.nl"),
        # Known to nobody, but its ending does not exist.
        ("bakkerijvermeulen.nll", "bakkerijvermeulen.nl"),
        ("raad.wijk.con", "raad.wijk.com"),
    ],
)
def test_likely_error_is_asked_about(typed: str, meant: str):
    assert better(f"Noor.vd@{typed}") == f"Noor.vd@{meant}"


@pytest.mark.parametrize(
    "right",
    [
        *("gmail.com", "ymail.com", "mail.com", "email.com", "live.nl", "hotmail.be", "me.com"),
        *("ede.nl", "epe.nl", "bakkerijvermeulen.nl", "bedrijf.co", "student.uva.nl", "gmx.at"),
        *("life.nl", "oss.org", "xn--caf-dma.nl", "vng.nl", "haarlem.example"),
    ],
)
def test_what_may_well_be_right_is_left_alone(right: str):
    assert better(f"noor@{right}") == ""


def test_no_domain_of_the_list_is_ever_asked_about():
    assert [one for one in mail_domains._common() if better(f"noor@{one}")] == []


def test_domain_of_the_organiser_counts_as_known():
    organiser = "info@Omooc.nl"

    assert better("noor@omoc.nl", also=[organiser]) == "noor@omooc.nl"
    assert better("noor@omooc.nl", also=[organiser]) == ""


def test_list_holds_domains_once_and_as_they_are_stored():
    known = mail_domains._common()

    assert len(known) == len(set(known)) > 400
    assert [one for one in known if one != one.lower().strip() or "." not in one] == []
