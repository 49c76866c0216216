"""Facts of several processes put together into those of one engine."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

_ADDED = ("peak_bytes", "peak_rss_bytes")
_LONGEST = ("load_s",)
_CHAINED = ("peak_device_bytes", "cards")


def together(driver: Mapping[str, Any], places: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """One mapping out of those of the processes; `places` holds for each place the facts of those that had it, in turn.

    Memory is added up over places (bytes; the peaks need not have been at the same time, so it is an upper limit), load time
    is the longest, events and work are counted over all, equal values stay as they are and others are listed by place, within mappings too.
    `driver` are the facts of the process that hands out the work and holds no weights: where the figure is the memory of
    processes, its own is part of it; on a GPU it is the cards' alone.
    """
    told = [_in_turn(held) for held in places if held]
    if not told:
        return dict(driver)
    merged = _by_name(told, _beside)
    on_cards = str(merged.get("device", "")).startswith("cuda")
    for name in _ADDED:
        if name in merged and driver.get(name) is not None and not (on_cards and name == "peak_bytes"):
            merged[name] += driver[name]
    if "peak_what" in merged:
        what = merged["peak_what"] if isinstance(merged["peak_what"], str) else "memory"
        merged["peak_what"] = f"{what}; added up over {len(told)} processes"
    cards = len(set(merged.get("cards", ())))
    if cards > 1 and isinstance(merged.get("accelerator"), str):
        merged["accelerator"] = f"{cards} x {merged['accelerator']}"
    return merged


def _by_name(told: Sequence[Mapping[str, Any]], joined: Any) -> dict[str, Any]:
    names = dict.fromkeys(name for facts in told for name in facts)
    return {name: joined(name, [facts[name] for facts in told if facts.get(name) is not None]) for name in names}


def _in_turn(held: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of one place: counts over all that had it, the largest of figures, and the last one's word on everything else."""
    return _by_name(held, lambda name, values: _counted(name, values) if _counts(name) else _largest(name, values))


def _largest(name: str, values: Sequence[Any]) -> Any:
    if not values:
        return None
    return max(values) if name in (*_ADDED, *_LONGEST) else values[-1]


def _beside(name: str, values: Sequence[Any]) -> Any:
    if not values:
        return None
    if _counts(name):
        return _counted(name, values)
    if name in _ADDED:
        return sum(values)
    if name in _LONGEST:
        return max(values)
    if name in _CHAINED:
        return [one for value in values for one in value]
    if all(isinstance(value, Mapping) for value in values):
        return _by_name(values, _beside)
    return values[0] if all(value == values[0] for value in values) else list(values)


def _counts(name: str) -> bool:
    return name in ("events", "work")


def _counted(name: str, values: Sequence[Any]) -> Any:
    """`events` as a list of {event, times}, `work` as numbers by key; each added up."""
    if name == "work":
        return {key: sum(value[key] for value in values if key in value) for key in dict.fromkeys(key for value in values for key in value)}
    times: Counter[str] = Counter()
    for value in values:
        for event in value:
            times[event["event"]] += event["times"]
    return [{"event": event, "times": count} for event, count in times.items()]
