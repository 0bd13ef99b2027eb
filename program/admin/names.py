"""Themes and hosts as they are typed in a row: by the names that are known, or new ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from program.file.rules import THEME_ONCE, named_twice, no_theme, several_called
from program.models import Event, Hosting, Speaker, Theme

LONGEST = 200


class KnownThemes:
    """The themes of an event; typing one that it does not have yet makes it."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self.themes = list(event.themes.all())

    @property
    def new(self) -> list[Theme]:
        return [theme for theme in self.themes if theme.pk is None]

    def read(self, text: str) -> Theme:
        """By number, title or both. Raises ValidationError."""
        wanted = text.casefold()
        for theme in self.themes:
            names = {str(theme.number), theme.title, theme.title_en, str(theme)}
            names.add(f"{theme.number}. {theme.title}")
            if wanted in {name.casefold() for name in names if name}:
                return theme
        if text.isdecimal():
            raise ValidationError(no_theme(int(text[:9])))
        numbers = {theme.number for theme in self.themes}
        number, title = max(numbers, default=0) + 1, text
        if numbered := re.fullmatch(r"(\d{1,3})\.?\s+(\S.*)", text):
            number, title = int(numbered[1]), numbered[2]
            if number in numbers:
                raise ValidationError(THEME_ONCE.sentence(number))
        if len(title) > LONGEST:
            raise ValidationError(_("This title is too long."))
        theme = Theme(event=self.event, number=number, title=title)
        self.themes.append(theme)
        return theme

    def store(self) -> None:
        for theme in self.new:
            theme.save(force_insert=True)


class KnownHosts:
    """Those who host something at an event; an unknown name is somebody new."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self.speakers = list(event.speakers.all())
        self._completed: list[Speaker] = []

    @cached_property
    def shown(self) -> dict[int, str]:
        """What to type for each, by key: the name, with the organisation if two share it."""
        names = [speaker.name for speaker in self.speakers]
        return {
            speaker.pk: longer(speaker) if names.count(speaker.name) > 1 else speaker.name
            for speaker in self.speakers
        }

    def words(self, hostings: Iterable[Hosting]) -> str:
        return "\n".join(self.shown[hosting.speaker_id] for hosting in hostings)

    def read(self, text: str) -> list[Speaker]:
        """Names with commas or line ends between them, in this order. Raises ValidationError."""
        found: list[Speaker] = []
        for name in _split(text):
            speaker = self._one(name)
            if speaker in found or any(speaker is other for other in found):
                raise ValidationError(named_twice(speaker.name))
            found.append(speaker)
        return found

    def _one(self, text: str) -> Speaker:
        written = re.fullmatch(r"(.+?)\s*\((.+)\)", text)
        name, organisation = (written[1], written[2]) if written else (text, "")
        same = [one for one in self.speakers if one.name.casefold() == name.casefold()]
        known = [one for one in self.speakers if text.casefold() == one.name.casefold()]
        if organisation:
            known += [one for one in same if one.organisation.casefold() == organisation.casefold()]
            known = known or [one for one in same if longer(one) == text]
        if len(known) > 1:
            raise ValidationError(several_called(known[0].name, known[0].organisation))
        if known:
            return known[0]
        if max(len(name), len(organisation)) > LONGEST:
            raise ValidationError(_("This name is too long."))
        if len(same) == 1 and not same[0].organisation:
            # Where they work is known only now.
            same[0].organisation = organisation
            self._completed.append(same[0])
            return same[0]
        speaker = Speaker(event=self.event, name=name, organisation=organisation)
        self.speakers.append(speaker)
        return speaker

    def store(self) -> None:
        for speaker in self.speakers:
            if speaker.pk is None:
                speaker.save(force_insert=True)
            elif speaker in self._completed:
                speaker.save(update_fields=["organisation"])


def longer(speaker: Speaker) -> str:
    return f"{speaker.name} ({speaker.organisation or '…'})"


def _split(text: str) -> Iterator[str]:
    """At commas too, except within brackets."""
    for part in re.split(r"[\n;,](?![^(\n]*\))", text):
        if name := " ".join(part.split()):
            yield name
