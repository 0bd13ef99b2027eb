"""The pictures of shared links: what is in them, who may have them, how often they are drawn."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from threading import Event as Signal
from time import sleep

import pytest
from django.test import Client
from django.utils.translation import override
from PIL import Image

from program.models import TableSession
from program.public import pictures
from program.public.house_style import light_colours
from program.public.pictures import Colours, Picture
from tests.conftest import PATIENCE
from tests.program.programmes import make_programme

EVENT, SESSION = "/wijk/deelplaatje.png", "/wijk/tafelsessie/1-0/deelplaatje.png"
OURS = Colours(
    *(light_colours()[name] for name in ("field", "on-field", "field-soft", "field-seat"))
)
PLAIN = Picture(
    "Werken in de wijk",
    "Gemeente Zaanstad",
    OURS,
    lines=("maandag 14.00–18.00 uur", "Stadhuis, Zaandam"),
    seal="7",
    under_seal="december 2026",
)
FIELD = (0x00, 0x63, 0x3F)
BESIDE_THE_RING = (0, 150, 730, 470)


def opened(content: bytes | None) -> Image.Image:
    assert content
    return Image.open(BytesIO(content)).convert("RGB")


def ink(picture: Picture, box: tuple[int, int, int, int] = BESIDE_THE_RING) -> int:
    """How many pixels of this part of the picture are not field."""
    part = opened(pictures.png(picture)).crop(box)
    colours = part.getcolors(part.width * part.height) or []
    return sum(many for many, colour in colours if colour != FIELD)


@pytest.mark.django_db
@pytest.mark.parametrize("path", [EVENT, SESSION, "/deelplaatje.png"])
@pytest.mark.parametrize("start", ["", "/en"])
def test_picture_is_a_small_png_of_the_right_size(client: Client, path: str, start: str):
    make_programme()

    response = client.get(start + path)
    image = Image.open(BytesIO(response.content))

    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert (image.format, image.size) == ("PNG", (1200, 630))
    assert len(response.content) < 100_000
    assert not response.cookies


@pytest.mark.django_db
def test_picture_may_be_kept_and_shown_anywhere(client: Client):
    make_programme()

    response = client.get(f"{EVENT}?v=0")
    again = client.get(f"{EVENT}?v=0", headers={"if-none-match": response["ETag"]})

    assert response["Cache-Control"] == "public, max-age=86400"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Cookie" not in response.get("Vary", "")
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(EVENT, headers={"if-none-match": client.get(EVENT)["ETag"]}).content == b""


@pytest.mark.django_db
def test_draft_and_what_is_unknown_have_no_picture(client: Client):
    make_programme()
    make_programme("concept", published=False)

    for path in (
        "/concept/deelplaatje.png",
        "/concept/tafelsessie/1-0/deelplaatje.png",
        "/onbekend/deelplaatje.png",
        "/wijk/tafelsessie/9z/deelplaatje.png",
        "/en/wijk/tafelsessie/9z/deelplaatje.png",
    ):
        assert client.get(path).status_code == 404, path


@pytest.mark.django_db
def test_picture_says_what_when_where_and_by_whom_in_the_language_of_its_address():
    session = TableSession.objects.select_related("event__venue").get(
        event=make_programme(sessions=1)
    )
    event = session.event  # as the database has it, in UTC

    assert pictures.event_picture(event) == PLAIN
    with override("en"):
        assert pictures.event_picture(event) == replace(
            PLAIN,
            title="Working in the neighbourhood",
            lines=("Monday 14:00–18:00", "Stadhuis, Zaandam"),
            under_seal="December 2026",
        )
    assert pictures.session_picture(session) == Picture(
        "Tafel 0",
        "Gemeente Zaanstad",
        OURS,
        about="Werken in de wijk",
        lines=("maandag 7 december 2026", "Stadhuis, Zaandam"),
        seal="1-0",
        table=True,
    )


@pytest.mark.django_db
def test_picture_of_an_event_that_is_called_off_says_so():
    event = make_programme()
    event.called_off_at = event.starts_at

    assert pictures.event_picture(event).lines == ("Gaat niet door", "Stadhuis, Zaandam")


@pytest.mark.django_db
def test_flood_of_requests_draws_a_picture_once(settings, monkeypatch: pytest.MonkeyPatch):
    settings.PROGRAMME_SECONDS = 60
    make_programme()
    drawn = []
    monkeypatch.setattr(pictures, "_draw_words", lambda pen, picture: drawn.append(picture.title))
    client = Client()

    for number in range(20):
        client.get(f"{EVENT}?v={number}")
    assert drawn == ["Werken in de wijk"]
    client.get(f"/en{EVENT}")
    assert drawn == ["Werken in de wijk", "Working in the neighbourhood"]


def test_crawler_that_comes_back_finds_all_pictures_drawn(monkeypatch: pytest.MonkeyPatch):
    """Ten events of thirteen sessions, in two languages, in order and again."""
    drawn = []
    monkeypatch.setattr(pictures, "_draw_words", lambda pen, picture: drawn.append(picture))
    monkeypatch.setattr(pictures, "_draw_ring", lambda pen, picture: None)
    monkeypatch.setattr(pictures, "SCALE", 1)
    every = [replace(PLAIN, title=f"Tafel {number}") for number in range(280)]

    for picture in every * 2:
        assert pictures.png(picture)

    assert drawn == every
    assert 50_000 * len(every) < pictures.MOST_BYTES, "as large as any is"


def test_memory_for_pictures_is_bounded_and_the_oldest_goes_first(
    monkeypatch: pytest.MonkeyPatch,
):
    drawn = []

    def draw(picture: Picture) -> bytes:
        drawn.append(picture)
        return b"x" * 40

    monkeypatch.setattr(pictures, "_drawn_anew", draw)
    monkeypatch.setattr(pictures, "MOST_BYTES", 100)
    one, two, three = (replace(PLAIN, title=title) for title in ("Een", "Twee", "Drie"))

    for picture in (one, two, three, three, two, one):
        assert pictures.png(picture) == b"x" * 40

    assert drawn == [one, two, three, one]
    assert list(pictures.DRAWN) == [three, one]
    monkeypatch.setattr(pictures, "MOST_BYTES", 30)
    assert pictures.png(two) == b"x" * 40
    assert not pictures.DRAWN


@pytest.mark.django_db
def test_while_one_is_drawn_and_another_waits_all_others_are_answered_at_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    make_programme()
    begun, go_on = Signal(), Signal()
    drawn = []

    def draw_slowly(picture: Picture) -> bytes:
        drawn.append(picture)
        begun.set()
        assert go_on.wait(PATIENCE)
        return b"picture"

    monkeypatch.setattr(pictures, "_drawn_anew", draw_slowly)
    kept = replace(PLAIN, title="Getekend")
    pictures.DRAWN[kept] = b"kept"
    with ThreadPoolExecutor(2) as pool:
        try:
            first = pool.submit(pictures.png, PLAIN)
            assert begun.wait(PATIENCE)
            second = pool.submit(pictures.png, PLAIN)
            for _try in range(1000):
                if pictures.QUEUE._value:
                    sleep(0.001)

            refused = client.get(f"{SESSION}?v=1")
            known = pictures.png(kept)
        finally:
            go_on.set()

    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert "no-store" in refused["Cache-Control"]
    assert known == b"kept"
    assert first.result() == second.result() == b"picture"
    assert drawn == [PLAIN]
    assert client.get(f"{SESSION}?v=1").content == b"picture"


def test_drawing_that_fails_leaves_room_for_the_next(monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        patch.setattr(pictures, "_drawn_anew", lambda picture: 1 / 0)
        for _time in range(3):
            with pytest.raises(ZeroDivisionError):
                pictures.png(PLAIN)

    assert pictures.png(PLAIN)


def test_other_colours_make_it_another_picture():
    blue = replace(PLAIN, colours=replace(OURS, field="#003366"))

    assert blue.version != PLAIN.version
    assert opened(pictures.png(blue)).getpixel((5, 5)) == (0x00, 0x33, 0x66)


@pytest.mark.django_db
def test_page_names_another_address_once_its_picture_is_another(client: Client):
    event = make_programme()
    before = client.get("/wijk/").context["card"].picture
    event.title = "Wonen in de wijk"
    event.save()
    event.bump_programme()

    after = client.get("/wijk/").context["card"].picture

    assert before.partition("?")[0] == after.partition("?")[0] == f"http://testserver{EVENT}"
    assert before != after
    assert client.get(after).status_code == 200


@pytest.mark.parametrize(
    "title",
    [
        "Wijk",
        "Wat we leren " * 15,
        "Verantwoordelijkheidsverdelingsoverleg " * 5,
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 3,
        "W" * 200,
    ],
)
def test_title_stays_beside_the_ring_and_above_the_foot(title: str):
    size, lines = pictures._fitted(title.strip(), 330)

    assert all(pictures._width(line, pictures.BOLD, size) <= pictures.COLUMN for line in lines)
    assert len(lines) * size * pictures.LEADING <= 330
    # Words that fit at all are never cut.
    whole = {word.rstrip("…") for line in lines for word in line.split()}
    short = {word for word in title.split() if len(word) < 30}
    assert short <= whole


def test_short_title_is_larger_than_a_long_one():
    sizes = [
        pictures._fitted(title, 330)[0]
        for title in ("Wijk", "Werken in de wijk " * 4, "Wijk " * 40)
    ]

    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[1] > sizes[2]


def test_last_word_does_not_stand_alone():
    assert pictures._fitted("Werken in de wijk", 330)[1] == ["Werken", "in de wijk"]


@pytest.mark.parametrize(
    "text",
    [
        "’s-Gravenhage – coöperatie, één ‘tafel’, “ja”: €5 & ½?!",
        "Łódź, Gdańsk, Świętość",
        "İstanbul, ağ, şehir, çığ",
        "Ĳsselstein, Ÿ, ß, ø, å, Đặng Thị Huyền",
        "Λειτουργία στη γειτονιά",
        "Робота в районі, Ёлка, Ґанок",
        "Gemeente\N{NO-BREAK SPACE}Zaanstad".replace("\N{NO-BREAK SPACE}", " "),
    ],
)
def test_letters_that_we_have_are_written(text: str):
    assert pictures.writable(text) == text


def test_accent_typed_by_itself_is_one_letter():
    assert pictures.writable("cafe\N{COMBINING ACUTE ACCENT}") == "café"


@pytest.mark.parametrize("text", ["العمل في الحي", "在社区工作", "עבודה", "Wijk 在社区", "नमस्ते"])
def test_text_with_letters_that_we_lack_is_left_out_and_never_a_row_of_boxes(text: str):
    assert pictures.writable(text) == ""
    assert ink(replace(PLAIN, title=text)) == ink(replace(PLAIN, title="")) == 0
    # All the rest is there.
    assert ink(replace(PLAIN, title=text), (760, 100, 1150, 520)) > 10_000


def test_signs_that_we_lack_are_dropped():
    assert pictures.writable("Samen 🎉 aan tafel 👩‍🌾") == "Samen aan tafel"
    assert ink(replace(PLAIN, title="Samen 🎉")) == ink(replace(PLAIN, title="Samen"))


def test_colours_are_those_of_the_site():
    image = opened(pictures.png(PLAIN))

    assert image.getpixel((5, 5)) == FIELD
    assert OURS.field == "#00633f"
