"""People who all want a place when sign-up opens: they read the event and the form, and send it.

They come over a minute from a few networks, and nobody reloads. Those whose table has filled up try
once more without one; those who are told that the event is full go home.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode, urlsplit

# From where people come: addresses of this machine, so that a proxy sees them apart too. No network
# may hold half of the places (rule 4).
NETWORKS = [f"127.1.{number}.1" for number in range(60)]
GIVE_UP = 180  # seconds without an answer


@dataclass(frozen=True)
class Answer:
    """One request: which step of the visitor it was, when it was sent, how long it took."""

    step: str
    status: int  # 0 for none
    sent: float
    seconds: float
    body: str = ""

    @property
    def at(self) -> float:
        return self.sent + self.seconds


@dataclass
class Rush:
    """What came of it."""

    answers: list[Answer] = field(default_factory=list)

    def statuses(self, step: str = "") -> Counter[int]:
        return Counter(one.status for one in self.answers if step in ("", one.step))

    def seconds(self, share: float) -> float:
        """The time within which this share of all answers came."""
        times = sorted(one.seconds for one in self.answers)
        return times[min(int(len(times) * share), len(times) - 1)]

    @property
    def signed_up(self) -> list[Answer]:
        return [one for one in self.answers if one.status == 303]

    def after_full(self, said: str) -> int:
        """How many got a place with a form that they sent after somebody had read ``said``."""
        full = min((one.at for one in self.answers if said in one.body), default=float("inf"))
        return sum(one.sent > full for one in self.signed_up)


async def rush(
    urls: Sequence[str],
    slug: str,
    tables: dict[int, list[str]],
    *,
    people: int,
    seconds: float,
    full: str,
) -> Rush:
    """Send so many people to the sites at these addresses, in turn.

    ``tables`` are codes by round; ``full`` is what a page says once there is no place.
    """
    chance = Random(1)  # the same choices in every run
    found = Rush()
    began = time.monotonic()

    async def visit(number: int, comes: float, typed: dict[str, str]) -> None:
        await asyncio.sleep(max(began + comes - time.monotonic(), 0))
        url, network = urls[number % len(urls)], NETWORKS[number % len(NETWORKS)]

        async def ask(step: str, path: str, form: dict[str, str] | None = None) -> Answer:
            answer = await _ask(url, step, path, network, form)
            found.answers.append(answer)
            return answer

        await ask("page", f"/{slug}/")
        form = await ask("form", f"/{slug}/aanmelden/")
        if full in form.body:
            return
        sent = await ask("send", f"/{slug}/aanmelden/", typed)
        if sent.status == 422 and full not in sent.body:
            await ask("send", f"/{slug}/aanmelden/", typed | dict.fromkeys(typed_tables, ""))

    typed_tables = [f"round_{number}" for number in tables]
    visits = []
    for number in range(people):
        chosen = {f"round_{round_}": chance.choice(codes) for round_, codes in tables.items()}
        typed = {
            "first_name": "Noor",
            "last_name": f"van der Meulen {number}",
            "email": f"noor{number}@haarlem.example",
            "role": "inwoner",
            "agree": "on",
        }
        visits.append(visit(number, chance.random() * seconds, typed | chosen))
    await asyncio.gather(*visits)
    return found


async def _ask(url: str, step: str, path: str, network: str, form: dict[str, str] | None) -> Answer:
    """One request over a connection of its own."""
    where = urlsplit(url)
    body = urlencode(form).encode() if form else b""
    head = [
        f"{'POST' if form else 'GET'} {path} HTTP/1.1",
        f"Host: {where.netloc}",
        f"X-Forwarded-For: {network}",
        "Connection: close",
    ]
    if form:
        head += [
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
        ]
    sent = time.monotonic()
    try:
        async with asyncio.timeout(GIVE_UP):
            reader, writer = await asyncio.open_connection(
                where.hostname, where.port, local_addr=(network, 0)
            )
            writer.write("\r\n".join([*head, "", ""]).encode() + body)
            raw = await reader.read()
            writer.close()
        status = int(raw.split(b" ", 2)[1])
    except (OSError, TimeoutError, IndexError, ValueError):
        return Answer(step, 0, sent, time.monotonic() - sent)
    return Answer(step, status, sent, time.monotonic() - sent, raw.decode(errors="replace"))
