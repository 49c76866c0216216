"""Everything evalkit raises on purpose.

    EvalkitError
    ├── UsageError                exit 2: what was asked for cannot be done as written
    │   ├── ConfigError           a configuration file or option
    │   ├── SuiteError            a suite, its items or its templates
    │   ├── ModelError            a checkpoint, tokenizer or engine setting
    │   └── PlanMismatchError     a bundle's folder holds another plan
    └── RunError                  exit 1: the run or the check itself failed
        ├── StorageError          a file could not be written (disk full, permission)
        ├── NothingScoredError    a statistic was asked of nothing
        ├── MissingToolError      a program that grades answers is not installed
        └── SuiteCheckError       a suite was read and found wanting

A message says what was read, where, and what would work. A model's or a network's failure on one request is not an
exception: it is a `Response` with an `error`.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class EvalkitError(Exception):
    """Root of the tree; `exit_code` is what the command line ends with."""

    exit_code = 1


class UsageError(EvalkitError):
    """What was asked for cannot be done as written."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration file or an option is wrong."""


class SuiteError(UsageError):
    """A suite cannot be read: its YAML, items, templates or built files."""


class ModelError(UsageError):
    """A checkpoint, tokenizer or engine setting cannot be used."""


class PlanMismatchError(UsageError):
    """The bundle's folder holds the answers of another plan."""


class RunError(EvalkitError):
    """The run failed; running the same command again goes on where it stopped."""


class StorageError(RunError):
    """A file could not be written."""


class NothingScoredError(RunError):
    """A statistic was asked of no scored items."""


class MissingToolError(RunError):
    """A program outside of Python that grades answers is not installed."""


class SuiteCheckError(RunError):
    """A suite was read and found wanting."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The tail of a message about an unknown `word`: the nearest known one, else all of them."""
    names = sorted(known)
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(names)}" if names else "none is known"
