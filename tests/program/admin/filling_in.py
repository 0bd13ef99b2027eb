"""Forms of the admin, as a browser would send them."""

from __future__ import annotations

from html.parser import HTMLParser

from django.test import Client


class Form(HTMLParser):
    """The values of a page's fields, as a browser would send them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str | list[str]] = {}
        self.name = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if "disabled" in given:
            return
        if tag in ("select", "textarea"):
            self.name = name
            self.values[name] = [] if "multiple" in given else ""
        elif tag == "option" and "selected" in given:
            chosen = self.values[self.name]
            self.values[self.name] = [*chosen, value] if isinstance(chosen, list) else value
        elif tag == "input" and given.get("type") == "radio":
            self.values.setdefault(name, "")
            if "checked" in given:
                self.values[name] = value
        elif tag == "input" and given.get("type") not in ("submit", "checkbox"):
            self.values[name] = value
        elif tag == "input" and "checked" in given:
            self.values[name] = [*self.values.get(name, []), value or "on"]

    def handle_data(self, data: str) -> None:
        if self.lasttag == "textarea" and self.name:
            # A browser drops the first line end, which the template puts there.
            self.values[self.name] = f"{self.values[self.name]}{data.removeprefix(chr(10))}"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("select", "textarea"):
            self.name = ""


def filled_in(client: Client, path: str) -> dict[str, str | list[str]]:
    """What a browser would send if nobody changed anything on the form."""
    return Form(client.get(path).content.decode()).values
