"""A password of staff that is easy to guess for somebody who knows them, or where they work."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import chain

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# What everybody tries first, in Dutch and English, beside what the site and its owner are called.
WORDS = (
    *("welkom", "welcome", "wachtwoord", "password", "geheim", "secret", "inloggen", "login"),
    *("admin", "administrator", "beheer", "beheerder", "organisator", "gemeente", "stadhuis"),
    *("tafelronde", "qwerty", "qwertyuiop", "asdfgh", "abcdef", "letmein", "test", "hallo"),
    *("lente", "voorjaar", "zomer", "herfst", "najaar", "winter", "spring", "summer", "autumn"),
    *("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september"),
    *("oktober", "november", "december", "january", "february", "march", "june", "july"),
    *("august", "october", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"),
    *("zondag", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    *("nederland", "holland", "amsterdam", "feyenoord", "ajax"),
)
# Digits and signs that stand for a letter.
READ_AS = str.maketrans("013457@$!", "oieastasi")
EASY = _(
    "This password is easy to guess: it is made of a name, or of words that many people use. Take"
    " a few words that have nothing to do with each other."
)
REPEATED = _(
    "This password is easy to guess: it is the same few characters over and over. Take a few words"
    " that have nothing to do with each other."
)
LETTERS = 5  # different ones that there are at least
LONGEST = 200  # characters; nobody guesses a longer one
SHORTEST = 3  # letters of a name that counts: 'de' and 'van' would make half of all words easy


class NotGuessable(UserAttributeSimilarityValidator):
    """Nothing that looks like a name of its owner (Django's rule), and no password that is only
    such names and known words, with digits and signs wherever they stand.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        try:
            super().validate(password, user)
        except ValidationError:
            raise self._refused() from None
        words = _words(user)
        if len(set(password)) < LETTERS:
            raise ValidationError(REPEATED, code="password_repeats")
        if any(_is_made_of(words, one) for one in _readings(password)):
            raise self._refused()

    def get_help_text(self) -> str:
        return str(EASY)

    def _refused(self) -> ValidationError:
        return ValidationError(EASY, code="password_easy_to_guess")


def _readings(password: str) -> set[str]:
    """Its letters, without the others and with what stands for a letter: 'W3lk0m-2026'."""
    plain = _letters(password)
    digits_off = re.sub(r"\d{2,}", "", plain).rstrip("0123456789!@#$%&*.?-_ ")
    texts = (plain, plain.translate(READ_AS), digits_off.translate(READ_AS))
    return {re.sub(r"[^a-z]", "", text) for text in texts}


def _is_made_of(words: Iterable[str], text: str) -> bool:
    """Whether ``text`` is some of these words in a row, and nothing between them."""
    if not 0 < len(text) <= LONGEST:
        return False
    reached = {0}
    for at in range(len(text)):
        if at in reached:
            reached |= {at + len(word) for word in words if text.startswith(word, at)}
    return len(text) in reached


def _words(user: User | None) -> set[str]:
    names = [settings.ORGANISATION_NAME, settings.MAIL_DOMAIN]
    if user:
        names += [user.username, user.first_name, user.last_name, user.email]
    parts = chain.from_iterable(re.split(r"[^a-z]+", _letters(name)) for name in names)
    joined = (re.sub(r"[^a-z]", "", _letters(name)) for name in names)
    return {word for word in (*WORDS, *parts, *joined) if len(word) >= SHORTEST}


def _letters(text: str) -> str:
    """In small letters without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))
