"""Canonical JSON, digests, keyed generators, atomic writes."""

import errno
import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.canon import atomic_write, canonical_json, digest, file_digest, order_key, rng_for
from evalkit.errors import StorageError


def test_rfc_8785_example():
    """The number and key rules of RFC 8785, section 3.2."""
    value = {"numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001], "literals": [None, True, False]}
    assert canonical_json(value) == b'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}'


def test_digest_ignores_key_order_and_tuples_count_as_lists():
    assert digest({"b": (1, 2), "a": "度"}) == digest({"a": "度", "b": [1, 2]})
    assert digest({"a": 1}) != digest({"a": "1"})


def test_nan_has_no_digest():
    with pytest.raises(ValueError, match=r"(?i)nan|float|domain"):
        digest(float("nan"))


@given(st.lists(st.text(), min_size=1), st.lists(st.text(), min_size=1))
def test_generators_are_set_by_their_key_alone(one, other):
    assert rng_for(*one).random() == rng_for(*one).random()
    if one != other:
        assert rng_for(*one).random() != rng_for(*other).random()


def test_a_new_element_moves_no_other_past_another():
    words = [f"word {n}" for n in range(200)]
    before = sorted(words, key=lambda word: order_key("k", word))
    after = sorted([*words, "new"], key=lambda word: order_key("k", word))
    assert [word for word in after if word != "new"] == before
    assert before != words


def test_atomic_write_appears_whole_or_not_at_all(tmp_path: Path):
    path = tmp_path / "deep" / "file.txt"
    with atomic_write(path) as stream:
        stream.write("one\n")
        assert not path.exists()
    assert path.read_bytes() == b"one\n"
    with pytest.raises(RuntimeError, match="boom"), atomic_write(path) as stream:
        stream.write("two")
        raise RuntimeError("boom")
    assert path.read_bytes() == b"one\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["file.txt"]
    assert file_digest(path) == hashlib.sha256(b"one\n").hexdigest()


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"file\.txt: cannot be written \(No space left on device\)"), atomic_write(path) as stream:
        stream.write("new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.txt"]
