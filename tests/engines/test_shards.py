"""Cutting a run's requests into shards: each request once, counted as a trie counts, cut where little is shared."""

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.engines.shards import own, shards, shared, split
from evalkit.records import Message, Request

# few letters and short words, so that beginnings are shared often
PROMPTS = st.lists(st.tuples(st.sampled_from(["score", "generate"]), st.binary(max_size=12).map(lambda text: bytes(byte % 3 for byte in text))), max_size=40)


def _requests(drawn):
    made, prompts = [], {}
    for number, (ability, prompt) in enumerate(drawn):
        scored = ability == "score"
        request = Request(
            id=f"{number:03}", item=f"i{number}", ability=ability, messages=(Message(role="user", content="x"),),
            options=("A", "B") if scored else (), max_tokens=0 if scored else 1 + number % 5,
        )  # fmt: skip
        made.append(request)
        prompts[request.id] = prompt
    return made, prompts


def _trie(requests, prompts):
    """Nodes of the trie of the prompts, counted the slow way, and what each request adds behind it."""
    nodes = {bytes(prompts[request.id][:end]) for request in requests for end in range(1, len(prompts[request.id]) + 1)}
    return len(nodes) + sum(own(request) for request in requests)


@given(PROMPTS, st.integers(1, 60))
def test_each_request_is_in_one_shard_and_sizes_are_those_of_the_trie(drawn, size):
    requests, prompts = _requests(drawn)
    made = shards(requests, prompts, size=size)
    assert sorted(request.id for shard in made for request in shard.requests) == sorted(prompts)
    for shard in made:
        assert shard.requests
        assert len({request.ability for request in shard.requests}) == 1
        assert shard.size == _trie(shard.requests, prompts)
        assert shard.size <= size + size // 2 or len(shard.requests) == 1
    for ability in ("score", "generate"):
        sizes = [shard.size for shard in made if shard.requests[0].ability == ability]
        assert sizes == sorted(sizes, reverse=True)


@given(PROMPTS, st.integers(1, 60), st.randoms())
def test_the_cut_knows_no_order_and_no_repeats(drawn, size, rng):
    requests, prompts = _requests(drawn)
    mixed = requests + requests[:3]
    rng.shuffle(mixed)
    assert shards(mixed, prompts, size=size) == shards(requests, prompts, size=size)


@given(PROMPTS, st.integers(1, 60))
@settings(max_examples=50)
def test_all_but_the_last_of_an_ability_are_at_least_half_full(drawn, size):
    """Unless the next request in order would not have fitted: no run falls apart into crumbs."""
    requests, prompts = _requests(drawn)
    made = shards(requests, prompts, size=size)
    for ability in ("score", "generate"):
        ours = sorted((shard for shard in made if shard.requests[0].ability == ability), key=lambda shard: _first(shard, prompts))
        for shard, after in pairwise(ours):
            enlarged = [*shard.requests, after.requests[0]]
            assert shard.size >= size // 2 or _trie(enlarged, prompts) > size


def _first(shard, prompts):
    return min((prompts[request.id], request.id) for request in shard.requests)


@given(st.binary(max_size=20), st.binary(max_size=20), st.binary(max_size=20))
def test_shared_is_the_length_of_the_common_beginning(head, one, other):
    one, other = head + one, head + other
    slow = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    assert shared(one, other) == slow
    assert shared(tuple(one), tuple(other)) == slow


def test_the_cut_falls_between_two_subjects_and_not_inside_one():
    """Three subjects with a long beginning each, in any order: whole subjects go together, though the size is met inside one."""
    drawn = [("score", bytes([subject]) * 100 + bytes([9, item])) for subject in (1, 2, 3) for item in range(10)]
    random.Random(3).shuffle(drawn)
    requests, prompts = _requests(drawn)
    made = shards(requests, prompts, size=170)  # a subject takes 100 + 1 + 10 * (1 + 2) = 131
    subjects = [{prompts[request.id][0] for request in shard.requests} for shard in made]
    assert sorted(subjects, key=min) == [{1}, {2}, {3}]
    assert [shard.size for shard in made] == [131, 131, 131]


def test_a_request_beyond_the_size_stands_alone():
    requests, prompts = _requests([("score", b"a" * 500), ("score", b"b"), ("score", b"c" * 500)])
    assert [len(shard.requests) for shard in shards(requests, prompts, size=100)] == [1, 1, 1]


def test_nothing_gives_no_shard():
    assert shards([], {}, size=10) == ()


def test_split_gives_each_request_a_shard_of_its_own():
    requests, prompts = _requests([("score", b"aa"), ("score", b"ab"), ("score", b"b")])
    (whole,) = shards(requests, prompts, size=100)
    assert [shard.requests for shard in split(whole)] == [(request,) for request in whole.requests]
