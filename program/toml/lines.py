"""On which line of a TOML file each value stands: the standard reader does not tell."""

from __future__ import annotations

import re
import tomllib

# ("sessions", 3, "slots", 0, "seats"): the keys and list places that lead to a value.
Path = tuple[str | int, ...]

_SKIP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*("(?:\\.|[^"\\])*"|'[^']*'|[A-Za-z0-9_-]+)[ \t]*""")
_STRING = re.compile(
    r'''"""(?:\\.|[^\\])*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:\'{0,2})|"(?:\\.|[^"\\])*"|'[^']*\'''',
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}\n#]+")


def lines_of(text: str) -> dict[Path, int]:
    """The line, from 1, of every key, table and list item. ``text`` must be valid TOML."""
    scanner = _Scanner(text.replace("\r\n", "\n"))
    scanner.document()
    return scanner.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.here = 0
        self.lines: dict[Path, int] = {}
        self.tables: dict[Path, int] = {}  # how many [[tables]] were seen so far
        self.counted_to = 0
        self.line = 1

    def document(self) -> None:
        prefix: Path = ()
        while self.skip() < len(self.text):
            if self.text.startswith("[", self.here):
                prefix = self.header()
            else:
                self.pair(prefix)

    def header(self) -> Path:
        many = self.text.startswith("[[", self.here)
        start = self.here
        self.here += 2 if many else 1
        path: Path = ()
        for key in self.keys():
            if path in self.tables:  # [sessions.x] speaks of the last of the [[sessions]]
                path = (*path, self.tables[path] - 1)
            path = (*path, key)
        if many:
            self.note(path, start)
            place = self.tables.get(path, 0)
            self.tables[path] = place + 1
            path = (*path, place)
        self.note(path, start)
        self.here += 2 if many else 1
        return path

    def pair(self, prefix: Path) -> None:
        start = self.here
        path = prefix
        for key in self.keys():
            path = (*path, key)
            self.note(path, start)
        self.here += 1  # the "="
        self.skip()
        self.value(path)

    def keys(self) -> list[str]:
        found = []
        while match := _KEY.match(self.text, self.here):
            self.here = match.end()
            raw = match[1]
            found.append(tomllib.loads(f"key = {raw}")["key"] if raw[0] in "\"'" else raw)
            if not self.text.startswith(".", self.here):
                break
            self.here += 1
        return found

    def value(self, path: Path) -> None:
        opening = self.text[self.here]
        if opening == "[":
            self.items(path)
        elif opening == "{":
            self.inline_table(path)
        else:
            pattern = _STRING if opening in "\"'" else _PLAIN
            self.step_over(pattern)

    def items(self, path: Path) -> None:
        self.here += 1
        place = 0
        while self.text[self.skip()] != "]":
            if self.text[self.here] == ",":
                self.here += 1
                continue
            self.note((*path, place), self.here)
            self.value((*path, place))
            place += 1
        self.here += 1

    def inline_table(self, path: Path) -> None:
        self.here += 1
        while self.text[self.skip()] != "}":
            if self.text[self.here] == ",":
                self.here += 1
                continue
            self.pair(path)
        self.here += 1

    def skip(self) -> int:
        """Step over white space and comments; returns where that leads."""
        self.step_over(_SKIP)
        return self.here

    def step_over(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.here)
        if match is None:
            raise ValueError("This is not valid TOML.")
        self.here = match.end()

    def note(self, path: Path, start: int) -> None:
        self.line += self.text.count("\n", self.counted_to, start)
        self.counted_to = start
        self.lines.setdefault(path, self.line)
