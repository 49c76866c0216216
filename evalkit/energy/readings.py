"""A power meter's file as readings: unix time in seconds, watts.

CSV, with or without a header (`unix,watts`; other columns are passed over where there is a header), fields parted by comma,
semicolon or tab; empty lines and lines with # are left out.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import ConfigError

_EARLIEST, _LATEST = 946_684_800.0, 4_102_444_800.0  # the years 2000 and 2100: other numbers are not unix seconds
_TIMES = ("unix", "unix_s", "unix_time", "time", "timestamp", "seconds")
_WATTS = ("watts", "watt", "w", "power", "power_w")


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerReadings:
    """A file's readings in its order: unix seconds on the meter's clock, and watts."""

    at: tuple[float, ...]
    watts: tuple[float, ...]


def read_power(path: Path) -> PowerReadings:
    """The readings of a power file. A last line without its end is a line being written, and is left out.

    Raises ConfigError, with the line, for what is no reading; and where the file is missing or holds none.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the power file cannot be read ({error}); start the meter's log before the run") from error
    whole = text[: text.rfind("\n") + 1]
    lines = [(number, line) for number, line in enumerate(whole.splitlines(), 1) if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise ConfigError(f"{path}: the power file holds no readings")
    delimiter = next((mark for mark in (";", "\t", ",") if mark in lines[0][1]), ",")
    rows = [(number, _fields(path, number, line, delimiter)) for number, line in lines]
    columns = _columns(path, rows[0][1])
    if columns is None:
        columns = (0, 1)
    else:
        rows = rows[1:]
    readings = [_reading(path, number, row, columns) for number, row in rows]
    if not readings:
        raise ConfigError(f"{path}: the power file holds a header and no readings")
    return PowerReadings(at=tuple(at for at, _ in readings), watts=tuple(watts for _, watts in readings))


def _fields(path: Path, number: int, line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter))
    except csv.Error as error:
        raise ConfigError(f"{path}: line {number} is no CSV: {error}") from error


def _columns(path: Path, row: Sequence[str]) -> tuple[int, int] | None:
    """Places of time and watts in a header; None where the row is a reading."""
    names = [field.strip().lower() for field in row]
    if all(_number(name) is not None for name in names[:2]) and len(names) >= 2:
        if len(names) > 2:
            raise ConfigError(f"{path}: {len(names)} columns and no header; name them, two of them unix and watts")
        return None
    times, powers = [i for i, name in enumerate(names) if name in _TIMES], [i for i, name in enumerate(names) if name in _WATTS]
    if len(times) != 1 or len(powers) != 1:
        raise ConfigError(f"{path}: header {', '.join(names)!r}; it needs one column unix and one column watts (or two columns, no header)")
    return times[0], powers[0]


def _reading(path: Path, number: int, row: Sequence[str], columns: tuple[int, int]) -> tuple[float, float]:
    if len(row) <= max(columns):
        raise ConfigError(f"{path}: line {number} has {len(row)} of its columns")
    at, watts = _number(row[columns[0]]), _number(row[columns[1]])
    if at is None or watts is None:
        read = f"{row[columns[0]]!r}, {row[columns[1]]!r}"
        raise ConfigError(f"{path}: line {number} reads {read}; a reading is unix seconds and watts, in figures")
    if not _EARLIEST <= at <= _LATEST:
        meant = "unix time in seconds is meant, neither milliseconds nor seconds since the log began"
        raise ConfigError(f"{path}: line {number} is at {at:.15g}; {meant}")
    return at, watts


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
