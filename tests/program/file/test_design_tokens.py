"""Colours from the design tokens of NL Design System, in the forms in which they are handed on."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from program.colours import Chosen
from program.file.design_tokens import MAPPING, NoTokens, colours_in

DOC = Path(settings.BASE_DIR) / "docs/house-style.md"
BUTTON = "utrecht.button.primary-action.background-color"


def test_style_dictionary_with_tokens_that_name_one_another():
    tokens: dict[str, Any] = {
        "utrecht": {
            "button": {
                "background-color": {"value": "{dorp.color.blue.40}"},
                "color": {"value": "#fff"},
            }
        },
        "dorp": {"color": {"blue": {"40": {"value": "{dorp.blue}", "comment": "#0066cc"}}}},
    }
    tokens["dorp"]["blue"] = {"value": "hsl(210 100% 40%)"}

    found = colours_in(json.dumps(tokens))

    assert found.chosen == Chosen(brand="#0066cc", on_brand="#ffffff")
    assert found.names["brand"] == ("utrecht.button.background-color", "#0066cc")


def test_design_tokens_format_in_the_sets_of_a_figma_file():
    tokens = {
        "brand": {"dorp": {"rood": {"$type": "color", "$value": "#E3000F"}}},
        "components/button/utrecht": {
            "utrecht": {
                "button": {
                    "primary-action": {
                        "background-color": {"$type": "color", "$value": "{dorp.rood}"},
                        "color": {"$value": {"colorSpace": "srgb", "hex": "#ffffff"}},
                    }
                }
            }
        },
        "components/page-header": {
            "utrecht": {
                "page-header": {
                    "background-color": {"$value": "rgb(21, 66, 115)"},
                    "color": {"$value": "white"},
                }
            }
        },
        "$themes": [],
    }

    assert colours_in(json.dumps(tokens)).chosen == Chosen(
        field="#154273", on_field="#ffffff", brand="#e3000f", on_brand="#ffffff"
    )


def test_css_with_custom_properties():
    css = ".dorp-theme { --dorp-blue: #0b5fa5; --utrecht-link-color: var(--dorp-blue); }"

    assert colours_in(css).chosen == Chosen(brand="#0b5fa5")


def test_a_button_goes_before_a_link_and_brings_its_own_words():
    button = f"--{BUTTON.replace('.', '-')}:#0b5fa5"
    css = f":root{{--utrecht-link-color:#123456;{button};--nl-link-color:red}}"

    assert colours_in(css).chosen == Chosen(brand="#0b5fa5")


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{",
        "[1, 2]",
        "p { color: red }",
        '{"utrecht": {"link": {"color": {"value": "#0b5fa580"}}}}',
        '{"utrecht": {"link": {"color": {"value": "{a}"}}}, "a": {"value": "{a}"}}',
        '{"utrecht": {"link": {"color": {"value": "expression(alert(1))"}}}}',
        '{"utrecht": {"link": {"color": {"value": 5}}}}',
        '{"a":' * 20_000 + "1" + "}" * 20_000,
    ],
)
def test_a_file_without_colours_that_we_know_says_so(text: str):
    with pytest.raises(NoTokens) as error:
        colours_in(text)
    assert str(error.value)


def test_the_table_in_the_docs_is_what_is_taken():
    rows = re.findall(
        r"^\| `(\w+)`(?:, `(\w+)`)? \| `([\w.-]+)`(?:, `([\w.-]+)`)? \|", DOC.read_text(), re.M
    )

    assert rows == [tuple(source[place] for place in (0, 1, 2, 3)) for source in MAPPING]
