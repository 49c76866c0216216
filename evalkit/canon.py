"""Canonical JSON, digests, and generators seeded by a key: what makes a run repeatable.

Everything that has an identity (an item, a request, a plan, a file) is named by the SHA-256 of its canonical bytes, so
that two machines agree on what was asked.
"""

import hashlib
import os
import random
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import rfc8785

from evalkit.errors import StorageError

_BLOCK = 1 << 20


def canonical_json(value: Any) -> bytes:
    """UTF-8 bytes of `value` by RFC 8785 (JSON Canonicalization Scheme): sorted keys, one spelling of each number.

    Tuples count as lists. Raises ValueError where JSON has no spelling (NaN, integers beyond 2**53).
    """
    return rfc8785.dumps(value)


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON of `value`, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def bytes_digest(blocks: Iterable[bytes]) -> str:
    """SHA-256 over the concatenation of `blocks`, 64 hexadecimal digits."""
    state = hashlib.sha256()
    for block in blocks:
        state.update(block)
    return state.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes; reads in blocks, so the size does not matter."""
    with path.open("rb") as stream:
        return bytes_digest(iter(lambda: stream.read(_BLOCK), b""))


def rng_for(*key: str | int) -> random.Random:
    """A generator set by `key` alone: not by run order, batch size or worker count.

    >>> rng_for("S1", 3).random() == rng_for("S1", 3).random()
    True
    """
    return random.Random(int(digest(list(key)), 16))


def order_key(*key: str | int) -> str:
    """A string to sort by: a keyed shuffle in which a new element moves no other one past another."""
    return digest(list(key))


@contextmanager
def atomic_write(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    """A stream whose content appears at `path` whole or not at all (written beside, synced, renamed).

    Raises StorageError when the disk is full or the folder cannot be written; nothing is left behind then.
    """
    encoding = None if "b" in mode else "utf-8"
    newline = None if "b" in mode else "\n"
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with os.fdopen(handle, mode, encoding=encoding, newline=newline) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
        temporary = None
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror or error}); free some space or choose another folder") from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
