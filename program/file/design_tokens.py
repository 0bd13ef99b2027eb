"""Colours of a house style from the design tokens of NL Design System, as JSON or as CSS.

What is taken from which token stands in MAPPING, and in docs/house-style.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from PIL import ImageColor

from program.colours import Chosen

DEEPEST = 20  # tokens that name one another
LONGEST = 200  # characters of a value


class Source(NamedTuple):
    """A colour of ours and the one for words on it, and the tokens that they come from."""

    ground: str
    words: str
    ground_token: str
    words_token: str


# Of each colour the first that a file has; the words on it come from the same line.
MAPPING = [
    Source(
        "field",
        "on_field",
        "utrecht.page-header.content.background-color",
        "utrecht.page-header.content.color",
    ),
    Source(
        "field", "on_field", "utrecht.page-header.background-color", "utrecht.page-header.color"
    ),
    Source(
        "field",
        "on_field",
        "basis.color.accent-1-inverse.bg-default",
        "basis.color.accent-1-inverse.color-default",
    ),
    Source(
        "brand",
        "on_brand",
        "utrecht.button.primary-action.background-color",
        "utrecht.button.primary-action.color",
    ),
    Source("brand", "on_brand", "nl.button.primary.background-color", "nl.button.primary.color"),
    Source("brand", "on_brand", "utrecht.button.background-color", "utrecht.button.color"),
    Source("brand", "", "utrecht.link.color", ""),
    Source("brand", "", "nl.link.color", ""),
    Source("brand", "", "basis.color.action-1.color-default", ""),
]

_PROPERTY = re.compile(r"--([\w-]{1,200})\s*:\s*([^;{}]{1,200})[;}]")
_REFERENCE = re.compile(r"\{([^{}]+)\}|var\(\s*--([\w-]+)\s*(?:,[^)]*)?\)")


class NoTokens(ValueError):
    """What somebody sent has none that we know; ``str()`` of it says so."""


@dataclass(frozen=True)
class Taken:
    """``names`` are ours, with the token of each and its colour."""

    chosen: Chosen
    names: Mapping[str, tuple[str, str]]


def colours_in(text: str) -> Taken:
    """Raises NoTokens."""
    values = dict(_values(text))
    found: dict[str, tuple[str, str]] = {}
    for source in MAPPING:
        ground = _colour(values, source.ground_token)
        if source.ground in found or not ground:
            continue
        found[source.ground] = source.ground_token, ground
        if words := _colour(values, source.words_token):
            found[source.words] = source.words_token, words
    if not found:
        raise NoTokens(
            _("None of the tokens is one that we know, such as ‘%(token)s’.")
            % {"token": "utrecht.button.primary-action.background-color"}
        )
    return Taken(Chosen(**{name: colour for name, (_token, colour) in found.items()}), found)


def _values(text: str) -> Iterator[tuple[str, object]]:
    """Each token by its name with hyphens, as CSS writes it."""
    if not text.lstrip().startswith("{"):
        yield from ((name, value.strip()) for name, value in _PROPERTY.findall(text))
        return
    try:
        tokens = json.loads(text)
    except (ValueError, RecursionError):
        raise NoTokens(_("This isn’t valid JSON.")) from None
    # A set in a file of Figma has a name of its own above its tokens.
    found = list(_of_object(tokens))
    yield from ((name.partition("/")[2], value) for name, value in found if "/" in name)
    yield from ((name.replace("/", "-"), value) for name, value in found)


def _of_object(tokens: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """'set/name-of-token' and its value. Not by recursion: a file may be as deep as it is long."""
    left: list[tuple[str, Any]] = [("", tokens)]
    while left:
        path, node = left.pop()
        if not isinstance(node, Mapping):
            continue
        for key in ("$value", "value"):
            if key in node and not (isinstance(node[key], Mapping) and "value" in node[key]):
                yield path, node[key]
                break
        for name, inner in node.items():
            if isinstance(inner, Mapping) and not name.startswith("$"):
                name = name.replace(".", "-").replace("/", "-")
                joint = "" if not path else "-" if "/" in path else "/"
                left.append((f"{path}{joint}{name}"[:LONGEST], inner))


def _colour(values: Mapping[str, object], token: str) -> str:
    """'#rrggbb'; '' for what is not there, or is seen through."""
    value: object = values.get(token.replace(".", "-")) if token else None
    for _step in range(DEEPEST):
        if isinstance(value, Mapping):
            value = value.get("hex")
        match = _REFERENCE.fullmatch(value.strip()) if isinstance(value, str) else None
        if not match:
            break
        value = values.get((match[1] or match[2]).strip().replace(".", "-"))
    if not isinstance(value, str) or len(value) > LONGEST:
        return ""
    # Pillow knows hsl(210, 100%, 40%), not yet hsl(210 100% 40%).
    written = re.sub(r"(?<=[\d%])\s+(?=\d)", ", ", value.strip()).replace("deg", "")
    try:
        red, green, blue, *alpha = ImageColor.getrgb(written)
    except ValueError:
        return ""
    return f"#{red:02x}{green:02x}{blue:02x}" if alpha in ([], [255]) else ""
