"""From a configuration and its suites to ordered, digested requests: all that a run will ask, before it asks.

    suites > items > variants > requests

A request's id is the digest of everything that could change its answer, so that two models, two prompts or two settings
never share one; equal requests (the same prompt reached by two variants) are asked once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from evalkit.axes import PROFILES
from evalkit.canon import digest, order_key
from evalkit.config import RunConfig
from evalkit.errors import ConfigError, SuiteError
from evalkit.prompts import Prompt, prompt_of
from evalkit.protocols import Engine
from evalkit.records import Ability, Item, Model, Profile, Request
from evalkit.suite import Suite, find_suite

# Version of readers and metrics: change it when an answer could be marked otherwise, so that no bundle is re-scored unnoticed.
SCORING_RULES = "scoring/2"
_MAX_TOKENS: Mapping[str, float] = {
    "choice": 0.25, "choices": 0.25, "ordering": 0.5, "text": 0.5, "number": 1.0, "json": 2.0, "code": 4.0,
    "refusal": 2.0, "summary": 4.0,  # tasks whose text is whole sentences
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run asks and how it is read. `items` and `requests` are joined by `Request.item` = `Item.key`."""

    digest: str
    profile: Profile
    suites: Mapping[str, str]  # name > version
    suite_digests: Mapping[str, str]  # name > digest of its frozen files
    metrics: Mapping[str, Mapping[str, str]]  # suite > form or task > metric
    items: Mapping[str, Item]  # key > item or variant
    requests: tuple[Request, ...]
    stream: tuple[Request, ...]  # timed one after another
    offline: tuple[Request, ...]  # timed at once
    left_out: tuple[str, ...] = ()  # what the profile would have asked, and why it was not, in words


def build_plan(config: RunConfig, engine: Engine) -> Plan:
    """The plan of `config` for the model that `engine` identified. The same inputs give the same digest.

    Raises SuiteError (unknown or unbuilt suite), ConfigError (an ability the engine lacks).
    """
    profile = _sized(config)
    suites = [find_suite(name) for name in config.suites]
    _refuse_twins(suites)
    items: dict[str, Item] = {}
    requests: list[Request] = []
    left_out: list[str] = []
    for suite in suites:
        picked, reason = _gradable(suite, selected(suite.items, profile))
        left_out += filter(None, [reason])
        for item, shots in _with_shots(_asked(suite, picked, profile), suite, config.shots):
            items[item.key] = item
            requests.append(_request(item, prompt_of(item, shots), config, engine, profile))
    clean = [request for request in requests if items[request.item].arm == "clean" and request.run == 0]
    suite_digests = {suite.name: digest(dict(suite.digests)) for suite in suites}
    metrics = {suite.name: dict(suite.metrics or {}) for suite in suites}
    return Plan(
        digest=digest(
            {
                "requests": [[request.item, request.id] for request in requests],
                "suites": suite_digests,
                "profile": asdict(profile),
                "metrics": metrics,
                "scoring": SCORING_RULES,
            }
        ),
        profile=profile,
        suites={suite.name: suite.version for suite in suites},
        suite_digests=suite_digests,
        metrics=metrics,
        items=items,
        requests=tuple(requests),
        stream=_timed(clean, profile.stream_items, "stream") if config.efficiency else (),
        offline=_timed(clean, profile.offline_items, "offline") if config.efficiency else (),
        left_out=tuple(left_out),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How an answer is written: greedily at temperature 0, else drawn with `seed` and the request's id as the key."""

    max_tokens: int = 0
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0
    seed: str = ""


def request_id(model: Model, rules: str, *, ability: Ability, prompt: Prompt, decoding: Decoding, run: int) -> str:
    """SHA-256 over model weights, tokenizer, template, dtype, engine rules, prompt and decoding (design, rule 3)."""
    identity = {
        "weights": model.weights_digest,
        "tokenizer": model.tokenizer_digest,
        "template": model.template_digest,
        "dtype": model.dtype,
        "rules": rules,
        "ability": ability,
        "messages": [[message.role, message.content] for message in prompt.messages],
        "cue": prompt.cue,
        "options": list(prompt.options) if ability == "score" else [],
        "max_tokens": decoding.max_tokens,
        "stop": list(decoding.stop),
        "run": run,
    }
    if decoding.temperature > 0:
        identity |= {"temperature": decoding.temperature, "top_p": decoding.top_p, "seed": decoding.seed}
    return digest(identity)


def selected(items: Sequence[Item], profile: Profile) -> tuple[Item, ...]:
    """The first items of the frozen order, as many as the profile asks for."""
    return tuple(items[: profile.items_per_suite])


def chosen_variants(suite: Suite, picked: Sequence[Item], profile: Profile) -> Iterator[Item]:
    """Variants of the core. For each operator the core is the first items to which it applies, in the frozen order.

    That is the topping up of reference/axes.md A4: where an operator does not apply to an item, the next one takes its place.
    """
    place = {item.id: index for index, item in enumerate(picked)}
    limits = {8: profile.prompts, 9: profile.shifts, 12: profile.redraws}
    core: dict[tuple[int, str], set[str]] = {}
    for variant in sorted(
        (variant for variant in suite.variants if variant.id in place), key=lambda variant: (place[variant.id], variant.key)
    ):
        group = core.setdefault((variant.operator, variant.arm), set())
        if variant.draw >= limits.get(variant.operator, profile.draws):
            continue
        if variant.id in group or len(group) < profile.core_per_suite:
            group.add(variant.id)
            yield variant


def _sized(config: RunConfig) -> Profile:
    profile = PROFILES[config.profile]
    if config.limit is None:
        return profile
    most = config.limit if profile.items_per_suite is None else min(config.limit, profile.items_per_suite)
    return replace(profile, items_per_suite=most)


def _refuse_twins(suites: Sequence[Suite]) -> None:
    names = [suite.name for suite in suites]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SuiteError(f"two of the suites are called {twice[0]!r}; items are joined by suite and id, so names must differ")


def _gradable(suite: Suite, picked: Sequence[Item]) -> tuple[tuple[Item, ...], str]:
    """The items that this machine can grade, and why others are not asked: code is graded by running its test bench."""
    from evalkit.metrics import code

    kept = tuple(item for item in picked if not item.bench or code.available())
    missing = len(picked) - len(kept)
    why = f"{missing} code items of {suite.name} were not asked: {code.COMPILER}, which grades them, is not installed" if missing else ""
    return kept, why


def _asked(suite: Suite, picked: Sequence[Item], profile: Profile) -> Iterator[Item]:
    yield from picked
    varied = list(chosen_variants(suite, picked, profile))
    core = {variant.id for variant in varied}
    for run in range(1, profile.reruns):
        yield from (replace(item, run=run) for item in picked if item.id in core)
    yield from varied


def _with_shots(items: Iterator[Item], suite: Suite, shots: int) -> Iterator[tuple[Item, tuple[Item, ...]]]:
    """Each item with worked items of its language, those of its form first, never of its own cluster; the same for all its variants.

    Of a split that a benchmark keeps for shots, the first rows of the item's sub-area are shown, in their order, as is usual in the
    field: all items of a sub-area then share one prefix. Else they are drawn by a key of the item.
    """
    if shots == 0:
        yield from ((item, ()) for item in items)
        return
    pool = [shot for shot in suite.shots if shot.task != "refusal"]  # how to treat a request is not shown worked
    for item in items:
        others = [other for other in pool if other.language == item.language and other.cluster != item.cluster]
        if len(others) < shots:
            raise SuiteError(
                f"suite {suite.name!r} has {len(others)} items to show before {item.id!r}, {shots} are asked for; use fewer shots"
            )
        kept_for_shots = suite.dataset is not None and bool(suite.dataset.get("shots_split"))

        def rank(other: Item, item: Item = item, in_order: bool = kept_for_shots) -> tuple[bool, bool, str]:
            first = other.form != item.form, in_order and other.subarea != item.subarea
            return (*first, "" if in_order else order_key("shots", item.cluster, other.id))

        ranked = sorted(others, key=rank)
        yield item, tuple(replace(other, prompt=item.prompt) for other in ranked[:shots])


def _request(item: Item, prompt: Prompt, config: RunConfig, engine: Engine, profile: Profile) -> Request:
    scored = bool(prompt.options) and config.answers != "generated" and "score" in engine.abilities
    if prompt.options and config.answers == "scored" and not scored:
        raise ConfigError(
            f"engine {config.engine.name!r} cannot score options (it can: {', '.join(sorted(engine.abilities))}); use answers: generated"
        )
    if not scored and "generate" not in engine.abilities:
        raise ConfigError(f"engine {config.engine.name!r} cannot generate, and item {item.id!r} has to be answered in writing")
    ability: Ability = "score" if scored else "generate"
    decoding = Decoding() if scored else _decoding(item, config, profile)
    run = item.run
    return Request(
        id=request_id(engine.model, engine.rules, ability=ability, prompt=prompt, decoding=decoding, run=run),
        item=item.key,
        ability=ability,
        messages=prompt.messages,
        cue=prompt.cue,
        options=prompt.options if scored else (),
        run=run,
        **asdict(decoding),
    )


def _decoding(item: Item, config: RunConfig, profile: Profile) -> Decoding:
    max_tokens = max(8, round(profile.max_tokens * _MAX_TOKENS.get(item.task, _MAX_TOKENS.get(item.form, 1.0))))
    if config.temperature == 0:
        return Decoding(max_tokens=max_tokens)
    return Decoding(max_tokens=max_tokens, temperature=config.temperature, top_p=config.top_p, seed=config.seed)


def _timed(clean: Sequence[Request], most: int, name: str) -> tuple[Request, ...]:
    """A keyed draw of the clean requests, scored and written ones in their own proportion: the same for every model.

    Cost is set against the quality of all clean answers, so the timed mix must be theirs (largest remainders; at least
    one of each ability that occurs).
    """
    ranked = sorted(clean, key=lambda request: order_key(name, request.item))
    groups = {ability: [request for request in ranked if request.ability == ability] for ability in ("score", "generate")}
    shares = {ability: most * len(group) / max(1, len(clean)) for ability, group in groups.items() if group}
    quotas = {ability: max(1, int(share)) for ability, share in shares.items()}
    for ability in sorted(shares, key=lambda ability: int(shares[ability]) - shares[ability]):
        if sum(quotas.values()) < most:
            quotas[ability] += 1
    chosen = {request.item for ability, quota in quotas.items() for request in groups[ability][:quota]}
    return tuple(request for request in ranked if request.item in chosen)[:most]
