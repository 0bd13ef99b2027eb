"""The file of a backup: a header that anybody can read, then what it holds, in sealed chunks.

    tafelronde backup 1\\n
    length of the header (4 bytes), header (JSON)
    chunks: kind (1 byte: d or e), length (4 bytes), contents

The last chunk, of kind e, has the length of the contents and the SHA-256 of all before it. With a
key each chunk is encrypted by AES-256-GCM; its nonce is its number and its kind, and the whole
beginning of the file is authenticated with it. So nothing can be changed, left out, put in another
order or cut off unnoticed (the construction is known as STREAM), and no more than one chunk is in
memory.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"tafelronde backup "
FORMAT = 1
CHUNK = 1 << 20  # bytes
MORE = 1_024  # bytes that sealing adds to a chunk, or that the last one has, at most
LONGEST_HEADER = 1 << 20
SHORTEST_KEY = 20  # characters
DATA, END = b"d", b"e"


class BadBackup(Exception):
    """The file is no backup that can be read, in words for the person at the keyboard."""


@dataclass(frozen=True)
class Sealing:
    """A cipher for one file; ``check`` tells a wrong key from a damaged file."""

    cipher: AESGCM
    check: str
    salt: bytes

    @classmethod
    def of(cls, key: str, salt: bytes | None = None) -> Sealing:
        """Raises BadBackup for a key that could be guessed."""
        if len(key) < SHORTEST_KEY:
            raise BadBackup(f"BACKUP_KEY is too short: give it {SHORTEST_KEY} characters or more.")
        salt = salt or secrets.token_bytes(16)
        # Slow on purpose, for a key that somebody thought of.
        made = Scrypt(salt, length=48, n=1 << 15, r=8, p=1).derive(key.encode())
        return cls(AESGCM(made[:32]), base64.b64encode(made[32:]).decode(), salt)


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file beside ``path`` that takes its name once all of it is on the disk; else it goes.

    Only its owner can read it. Raises OSError.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write(
    file: BinaryIO, header: dict[str, Any], contents: Iterable[bytes], *, key: str = ""
) -> None:
    """Raises OSError, BadBackup."""
    sealing = Sealing.of(key) if key else None
    if sealing:
        salt = base64.b64encode(sealing.salt).decode()
        header = header | {"sealed": {"salt": salt, "check": sealing.check}}
    text = json.dumps(header, sort_keys=True).encode()
    beginning = MAGIC + b"%d\n" % FORMAT + len(text).to_bytes(4) + text
    file.write(beginning)
    total, count, number = hashlib.sha256(beginning), 0, 0
    for chunk in _even(contents):
        total.update(chunk)
        count += len(chunk)
        _put(file, DATA, _seal(sealing, beginning, number, DATA, chunk))
        number += 1
    end = json.dumps({"bytes": count, "sha256": total.hexdigest()}).encode()
    _put(file, END, _seal(sealing, beginning, number, END, end))


def read_header(file: BinaryIO) -> dict[str, Any]:
    """What the file says of itself; anybody can have written it. Raises BadBackup."""
    header: dict[str, Any] = _beginning(file)[1]
    return header


def read(file: BinaryIO, *, key: str = "", unencrypted: bool = False) -> Iterator[bytes]:
    """The contents, chunk by chunk. Only after the last one it is sure that all are right.

    Anybody can make a file that is not encrypted, and a restore runs what is in it: with a key it
    takes ``unencrypted`` to read one. Raises BadBackup.
    """
    beginning, header = _beginning(file)
    sealing = None
    sealed = header.get("sealed")
    if key and not sealed and not unencrypted:
        raise BadBackup(
            "This backup is not encrypted, and BACKUP_KEY is set: anybody may have made it. If you "
            "know where it comes from, say --unencrypted."
        )
    if sealed:
        if not key:
            raise BadBackup("This backup is encrypted: set BACKUP_KEY to the key it was made with.")
        try:
            salt, check = base64.b64decode(sealed["salt"]), str(sealed["check"])
        except (ValueError, KeyError, TypeError):
            raise BadBackup(DAMAGED) from None
        sealing = Sealing.of(key, salt)
        if not secrets.compare_digest(sealing.check.encode(), check.encode()):
            raise BadBackup("BACKUP_KEY is not the key that this backup was made with.")
    total, count, number = hashlib.sha256(beginning), 0, 0
    while True:
        kind, chunk = _take(file)
        chunk = _open(sealing, beginning, number, kind, chunk)
        if kind == END:
            break
        total.update(chunk)
        count += len(chunk)
        number += 1
        yield chunk
    end = json.dumps({"bytes": count, "sha256": total.hexdigest()}).encode()
    if chunk != end or file.read(1):
        raise BadBackup(DAMAGED)


DAMAGED = "This backup is damaged: what it holds is not what was written."


def _beginning(file: BinaryIO) -> tuple[bytes, dict[str, Any]]:
    line = file.readline(64)
    if not line.startswith(MAGIC):
        raise BadBackup("This file is no backup of this site.")
    if line != MAGIC + b"%d\n" % FORMAT:
        raise BadBackup("This backup was made by a newer release: install that one first.")
    length = file.read(4)
    if len(length) < 4 or int.from_bytes(length) > LONGEST_HEADER:
        raise BadBackup(DAMAGED)
    text = file.read(int.from_bytes(length))
    try:
        header = json.loads(text)
    except ValueError:
        raise BadBackup(DAMAGED) from None
    if not isinstance(header, dict):
        raise BadBackup(DAMAGED)
    return line + length + text, header


def _even(contents: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in chunks of one size."""
    waiting = bytearray()
    for piece in contents:
        waiting += piece
        while len(waiting) >= CHUNK:
            yield bytes(waiting[:CHUNK])
            del waiting[:CHUNK]
    if waiting:
        yield bytes(waiting)


def _put(file: BinaryIO, kind: bytes, chunk: bytes) -> None:
    file.write(kind + len(chunk).to_bytes(4) + chunk)


def _take(file: BinaryIO) -> tuple[bytes, bytes]:
    head = file.read(5)
    length = int.from_bytes(head[1:])
    if len(head) < 5 or head[:1] not in (DATA, END) or length > CHUNK + MORE:
        raise BadBackup(DAMAGED)
    chunk = file.read(length)
    if len(chunk) < length:
        raise BadBackup(DAMAGED)
    return head[:1], chunk


def _seal(
    sealing: Sealing | None, beginning: bytes, number: int, kind: bytes, chunk: bytes
) -> bytes:
    if sealing is None:
        return chunk
    return sealing.cipher.encrypt(_nonce(number, kind), chunk, hashlib.sha256(beginning).digest())


def _open(
    sealing: Sealing | None, beginning: bytes, number: int, kind: bytes, chunk: bytes
) -> bytes:
    if sealing is None:
        return chunk
    bound = hashlib.sha256(beginning).digest()
    try:
        return sealing.cipher.decrypt(_nonce(number, kind), chunk, bound)
    except InvalidTag:
        raise BadBackup(DAMAGED) from None


def _nonce(number: int, kind: bytes) -> bytes:
    return number.to_bytes(11) + kind
