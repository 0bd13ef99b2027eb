"""The score that Mozilla's HTTP Observatory gives a page, reckoned here: no page of ours has to be
on the internet for it, and nobody else sees which.

By its published rules, as of November 2026 (github.com/mdn/mdn-http-observatory): everybody begins
with 100, what is weak costs points, and what is strong earns some for those who lost no more than
ten. From 100 on the mark is A+. What no page can earn by itself is left out: five points for a
domain in the browsers' own list of https sites (hstspreload.org).

    python -m tests.eventsite.observatory https://tafelronde.example/
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

A_PLUS = 100
MOST_LOST = 10  # points, for those who may earn some
# What a page earns whose headers are all as strong as can be, without cookies and scripts.
FULL = 150
HALF_A_YEAR = 15_552_000  # seconds
MARKS = [
    *((100, "A+"), (90, "A"), (85, "A-"), (80, "B+"), (70, "B"), (65, "B-"), (60, "C+")),
    *((50, "C"), (45, "C-"), (40, "D+"), (30, "D"), (25, "D-"), (0, "F")),
]
BROAD = {"*", "http:", "https:", "ftp:", "http://*", "https://*", "http://*.*", "https://*.*"}
INLINE = {"'unsafe-inline'", "data:"}
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
LEAKING = {"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"}

Result = tuple[str, int]  # what was found, and what it costs or earns


@dataclass(frozen=True)
class Visit:
    """A page as https gives it, and where http leads: its status and Location.

    ``headers`` are in the order in which they came, with one for each cookie.
    """

    url: str
    headers: Sequence[tuple[str, str]]
    body: str
    http_status: int
    http_location: str = ""

    def all(self, name: str) -> list[str]:
        return [value.strip() for key, value in self.headers if key.lower() == name]

    def one(self, name: str) -> str:
        return ", ".join(self.all(name)).lower()


@dataclass(frozen=True)
class Score:
    results: dict[str, Result]

    @property
    def points(self) -> int:
        changes = [points for _found, points in self.results.values()]
        lost = sum(points for points in changes if points < 0)
        earned = sum(points for points in changes if points > 0)
        return max(100 + lost + (earned if -lost <= MOST_LOST else 0), 0)

    @property
    def mark(self) -> str:
        return next(mark for least, mark in MARKS if self.points >= least)


def score(visit: Visit) -> Score:
    return Score(
        {
            "Content-Security-Policy": _csp(visit),
            "cookies": _cookies(visit),
            "CORS": _cors(visit),
            "redirection": _redirection(visit),
            "Referrer-Policy": _referrer(visit),
            "Strict-Transport-Security": _hsts(visit),
            "Subresource Integrity": _integrity(visit),
            "X-Content-Type-Options": _nosniff(visit),
            "X-Frame-Options": _framing(visit),
            "Cross-Origin-Resource-Policy": _named(
                visit,
                "cross-origin-resource-policy",
                {"same-origin": 10, "same-site": 10, "cross-origin": 0},
            ),
            "Cross-Origin-Opener-Policy": _named(
                visit,
                "cross-origin-opener-policy",
                {
                    "same-origin": 10,
                    "same-origin-allow-popups": 10,
                    "noopener-allow-popups": 10,
                    "unsafe-none": 0,
                },
            ),
            "Cross-Origin-Embedder-Policy": _named(
                visit,
                "cross-origin-embedder-policy",
                {"require-corp": 10, "credentialless": 10, "unsafe-none": 0},
            ),
        }
    )


def policy(visit: Visit) -> dict[str, set[str]] | None:
    """The directives of the one policy. None if it repeats one, or there is more than one."""
    headers = visit.all("content-security-policy")
    if len(headers) > 1 or any("," in header for header in headers):
        return None
    found: dict[str, set[str]] = {}
    for part in ";".join(headers).split(";"):
        name, *sources = part.lower().split() or [""]
        if name in found:
            return None
        if name:
            found[name] = set(sources) or {"'none'"}
    return found


def _csp(visit: Visit) -> Result:
    found = policy(visit)
    if found is None:
        return "cannot be read", -25
    if not found:
        return "missing", -25
    everywhere = found.get("default-src", {"*"})
    scripts, styles, objects, images = (
        found.get(f"{name}-src", everywhere) for name in ("script", "style", "object", "img")
    )
    if scripts & (BROAD | INLINE) or objects & BROAD:
        return "scripts from anywhere, or in the page", -20
    sources = set().union(*(value for name, value in found.items() if name != "img-src"))
    if any(source.startswith(("http:", "ftp:")) for source in sources):
        return "parts without https", -20
    if "'unsafe-eval'" in scripts | styles:
        return "text may become a program", -10
    if any(source.startswith(("http:", "ftp:")) for source in images):
        return "images without https", -10
    if styles & (BROAD | INLINE):
        return "styles in the page", 0
    if everywhere == {"'none'"}:
        return "nothing but what is named", 10
    return "nothing unsafe", 5


def _cookies(visit: Visit) -> Result:
    results = [_cookie(cookie, visit) for cookie in visit.all("set-cookie")]
    return min(results, key=lambda result: result[1], default=("none", 0))


def _cookie(cookie: str, visit: Visit) -> Result:
    name, *rest = (part.strip().lower() for part in cookie.split(";"))
    name = name.partition("=")[0]
    about = dict(part.partition("=")[::2] for part in rest)
    is_session = "sess" in name or "login" in name
    kept = _hsts(visit)[1] >= 0
    if is_session and "secure" not in about:
        return f"{name} not Secure", -10 if kept else -40
    if is_session and "httponly" not in about:
        return f"{name} not HttpOnly", -30
    same_site = about.get("samesite", "")
    if "csrf" in name and not same_site:
        return f"{name} without SameSite", -20
    if "samesite" in about and same_site not in ("lax", "strict", "none"):
        return f"{name} with another SameSite", -20
    if "secure" not in about:
        return f"{name} not Secure", -5 if kept else -20
    return ("all as they should be", 5) if same_site else (f"{name} without SameSite", 0)


def _cors(visit: Visit) -> Result:
    """Only ``*`` is told apart: we never name an origin."""
    origin = visit.one("access-control-allow-origin")
    if not origin:
        return "not shared", 0
    with_cookies = visit.one("access-control-allow-credentials") == "true"
    return ("shared with cookies", -50) if with_cookies and origin != "*" else ("public", 0)


def _redirection(visit: Visit) -> Result:
    if not visit.http_status:
        return "no http", 0
    to, here = urlsplit(visit.http_location), urlsplit(visit.url)
    if not visit.http_location:
        return "none from http", -20
    if to.scheme != "https":
        return "to http first", -10
    return ("to https", 0) if to.hostname == here.hostname else ("to another host", -5)


def _referrer(visit: Visit) -> Result:
    known = [
        part
        for part in visit.one("referrer-policy").replace(" ", "").split(",")
        if part in PRIVATE | LEAKING
    ]
    if not visit.all("referrer-policy"):
        return "missing", 0
    return (known[-1], 5) if known and known[-1] in PRIVATE else ("tells other sites", -5)


def _hsts(visit: Visit) -> Result:
    header = visit.one("strict-transport-security")
    if not header:
        return "missing", -20
    seconds = re.search(r"(?:^|;)\s*max-age=(\d+)", header)
    if "," in header or not seconds:
        return "cannot be read", -20
    return (header, 0) if int(seconds[1]) >= HALF_A_YEAR else ("less than half a year", -10)


def _integrity(visit: Visit) -> Result:
    scripts = re.findall(r"<script\b([^>]*)>", visit.body, re.IGNORECASE)
    results = [_script(tag, visit) for tag in scripts if "src=" in tag]
    return min(results, key=lambda result: result[1], default=("no scripts", 0))


def _script(tag: str, visit: Visit) -> Result:
    address = re.search(r"""src=["']?([^"'\s>]+)""", tag)
    to = urlsplit(address[1] if address else "")
    signed = "integrity=" in tag
    if not to.hostname or (to.scheme and to.hostname == urlsplit(visit.url).hostname):
        return ("own scripts, signed", 5) if signed else ("own scripts alone", 0)
    if to.scheme == "https":
        return ("others' scripts, signed", 5) if signed else ("others' scripts", -5)
    return "others' scripts without https", -20 if signed else -50


def _nosniff(visit: Visit) -> Result:
    right = visit.one("x-content-type-options") == "nosniff"
    return ("nosniff", 0) if right else ("missing or wrong", -5)


def _framing(visit: Visit) -> Result:
    if "frame-ancestors" in (policy(visit) or {}):
        return "by the policy", 5
    header = visit.one("x-frame-options")
    return (header, 5) if header in ("deny", "sameorigin") else ("missing or wrong", -20)


def _named(visit: Visit, header: str, worth: dict[str, int]) -> Result:
    value = visit.one(header)
    if not value:
        return "missing", 0
    return (value, worth[value]) if value in worth else ("cannot be read", -5)


def visit(url: str) -> Visit:
    """Ask a site that is up, as a stranger does."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", parts.path or "/"
    secure = HTTPSConnection(host, parts.port, timeout=20)
    secure.request("GET", path)
    answer = secure.getresponse()
    body = answer.read(2_000_000).decode(errors="replace")
    status, location = 0, ""
    try:
        plain = HTTPConnection(host, timeout=20)
        plain.request("GET", path)
        first = plain.getresponse()
        status, location = first.status, first.getheader("Location", "")
    except OSError:
        pass  # nothing answers without https: that is allowed
    return Visit(url, answer.getheaders(), body, status, location)


def report(found: Score) -> Iterable[str]:
    for name, (words, points) in found.results.items():
        yield f"{points:+4d}  {name}: {words}"
    yield f"{found.points:4d}  {found.mark}"


if __name__ == "__main__":
    found = score(visit(sys.argv[1]))
    print("\n".join(report(found)))  # noqa: T201 - what one runs it for
    sys.exit(found.points < FULL)
