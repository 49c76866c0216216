"""From a name to a plugin, through entry points; evalkit's own engines, metrics and operators are declared the same way."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from evalkit.errors import ConfigError, did_you_mean

Kind = Literal["engines", "metrics", "operators"]


@cache
def declared(kind: Kind) -> dict[str, EntryPoint]:
    """Name > entry point of every installed plugin of that kind. Raises ConfigError where two packages claim one name."""
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=f"evalkit.{kind}"):
        held = found.get(entry.name)
        if held is not None and held.value != entry.value:
            raise ConfigError(f"two packages declare {kind[:-1]} {entry.name!r}: {held.value} and {entry.value}; uninstall one of them")
        found[entry.name] = entry
    return found


def find(kind: Kind, name: str) -> Any:
    """The plugin of that name. Raises ConfigError with the nearest name, or with what its module raised."""
    known = declared(kind)
    if name not in known:
        raise ConfigError(f"no {kind[:-1]} is called {name!r}; {did_you_mean(name, known)}")
    try:
        return known[name].load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{kind[:-1]} {name!r} ({known[name].value}) cannot be loaded: {error}") from error
