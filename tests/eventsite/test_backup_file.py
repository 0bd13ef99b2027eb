"""The sealed file of a backup: whole and unchanged, or refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventsite.backup import sealed
from eventsite.backup.sealed import BadBackup

KEY = "a key that nobody guesses"
CHUNK = 16


@pytest.fixture(autouse=True, scope="module")
def _small_chunks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed, "CHUNK", CHUNK)
        # Slow on purpose; here once for each salt is enough.
        of = sealed.Sealing.of
        known = cache(of)
        patch.setattr(
            sealed.Sealing, "of", lambda key, salt=None: known(key, salt) if salt else of(key)
        )
        yield


def written(content: bytes, key: str = KEY) -> bytes:
    file = io.BytesIO()
    sealed.write(file, {"made_at": "now"}, [content[:5], content[5:]], key=key)
    return file.getvalue()


def opened(file: bytes, key: str = KEY) -> bytes:
    return b"".join(sealed.read(io.BytesIO(file), key=key))


@pytest.mark.parametrize("key", [KEY, ""])
@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 5 * CHUNK])
def test_what_was_written_is_read(size, key):
    content = bytes(range(size % 256)) or b""

    assert opened(written(content, key), key) == content
    assert sealed.read_header(io.BytesIO(written(content, key)))["made_at"] == "now"


FILE = bytes(range(60))


@pytest.fixture(scope="module", params=[KEY, ""], ids=["encrypted", "plain"])
def key(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def good(key: str) -> bytes:
    return written(FILE, key)


@given(st.data())
def test_no_byte_can_be_changed_left_out_or_added(good, key, data):
    at = data.draw(st.integers(0, len(good) - 1))
    bad = data.draw(
        st.sampled_from(
            [
                good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :],
                good[:at],
                good[:at] + good[at + 1 :],
                good + b"x",
            ]
        )
    )

    with pytest.raises(BadBackup):
        opened(bad, key)


def test_header_cannot_be_changed(good, key):
    with pytest.raises(BadBackup, match="damaged"):
        opened(good.replace(b'"now"', b'"new"'), key)


def chunks(file: bytes) -> tuple[bytes, list[bytes]]:
    """The beginning, and each chunk with its kind and length."""
    stream = io.BytesIO(file)
    beginning, _header = sealed._beginning(stream)
    found = []
    while head := stream.read(5):
        found.append(head + stream.read(int.from_bytes(head[1:])))
    return beginning, found


@pytest.mark.parametrize("key", [KEY, ""])
def test_chunks_cannot_change_places_or_go_unnoticed(key):
    beginning, (first, second, *others) = chunks(written(FILE, key))

    for mixed in ([second, first, *others], [first, *others], [first, first, second, *others]):
        with pytest.raises(BadBackup, match="damaged"):
            opened(beginning + b"".join(mixed), key)


def test_chunks_of_another_backup_with_the_same_key_do_not_fit():
    beginning, _own = chunks(written(FILE))
    _other, others = chunks(written(FILE))

    with pytest.raises(BadBackup, match="damaged"):
        opened(beginning + b"".join(others))


def test_wrong_keys_are_told_from_damage():
    with pytest.raises(BadBackup, match="is not the key"):
        opened(written(FILE), KEY + "!")
    with pytest.raises(BadBackup, match="encrypted"):
        opened(written(FILE), "")
    with pytest.raises(BadBackup, match="too short"):
        written(FILE, "short")


def test_nothing_readable_is_left(tmp_path: Path):
    assert b"noor@haarlem" not in written(b"noor@haarlem.example" * 10)
    assert b"noor@haarlem" in written(b"noor@haarlem.example" * 10, "")


def test_file_that_fails_takes_no_name_and_leaves_nothing(tmp_path: Path):
    path = tmp_path / "backup"
    path.write_bytes(b"before")

    def disk_fills() -> None:
        with sealed.written_whole(path) as file:
            file.write(b"half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        disk_fills()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
