"""Causes read off logs by printed rules: mould thermocouples of a slab caster, and disturbances of a blast furnace."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source
from evalkit.templates import Params

Rows = list[list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What is to be found: its option, its rule as printed, how a wrong choice of it is named, and a log that shows it."""

    option: Mapping[Language, str]
    rule: Mapping[Language, str]
    mistake: str
    log: Callable[[random.Random], Rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A place that is watched: its causes, the head of its log and the words around it; `digits` a column.

    `apart` prints the last column as a line below the table, where its readings have other times.
    """

    causes: Mapping[str, Cause]
    head: Mapping[Language, tuple[str, ...]]
    digits: tuple[int, ...]
    before: Mapping[Language, str]
    ask: Mapping[Language, str]
    apart: Mapping[Language, str] | None = None


def _steps(start: float, moves: tuple[float, ...]) -> list[float]:
    """A reading at five moments: `start`, then four moves added up."""
    values = [start]
    for move in moves:
        values.append(values[-1] + move)
    return values


def _still(rng: random.Random, start: float) -> list[float]:
    """A reading that stays within 2 degrees of its start."""
    return [start + rng.randint(-1, 1) for _ in range(5)]


def _mould_log(upper: list[float], lower: list[float], far_upper: list[float], far_lower: list[float]) -> Rows:
    return [list(row) for row in zip([0, 10, 20, 30, 40], upper, lower, far_upper, far_lower, strict=True)]


def _levels(rng: random.Random) -> tuple[int, int, int, int]:
    return rng.randint(108, 122), rng.randint(78, 88), rng.randint(108, 122), rng.randint(78, 88)


def _sticker(rng: random.Random) -> Rows:
    up, low, far_up, far_low = _levels(rng)
    upper = _steps(up, (rng.randint(7, 10), rng.randint(14, 19), -rng.randint(12, 15), -rng.randint(22, 28)))
    lower = _steps(low, (rng.randint(0, 1), rng.randint(2, 5), rng.randint(14, 18), rng.randint(26, 30)))
    return _mould_log(upper, lower, _still(rng, far_up), _still(rng, far_low))


def _level_drop(rng: random.Random) -> Rows:
    up, low, far_up, far_low = _levels(rng)
    falls = [tuple(-rng.randint(4, 7) for _ in range(4)) for _ in range(2)]
    return _mould_log(_steps(up, falls[0]), _still(rng, low), _steps(far_up, falls[1]), _still(rng, far_low))


def _faster(rng: random.Random) -> Rows:
    lines = [_steps(start, tuple(rng.randint(2, 4) for _ in range(4))) for start in _levels(rng)]
    return _mould_log(*lines)


def _crack(rng: random.Random) -> Rows:
    up, low, far_up, far_low = _levels(rng)
    falls = [tuple(-rng.randint(4, 6) for _ in range(4)) for _ in range(2)]
    return _mould_log(_steps(up, falls[0]), _steps(low, falls[1]), _still(rng, far_up), _still(rng, far_low))


def _dead_sensor(rng: random.Random) -> Rows:
    up, low, far_up, far_low = _levels(rng)
    at, stuck = rng.randint(1, 2), rng.randint(24, 38)
    upper = [stuck if place >= at else up + rng.randint(-1, 1) for place in range(5)]
    return _mould_log([float(value) for value in upper], _still(rng, low), _still(rng, far_up), _still(rng, far_low))


MOULD = Watch(
    digits=(0, 0, 0, 0, 0),
    head={
        "zh": ("时间 s", "第 5 列上排", "第 5 列下排", "第 1 列上排", "第 1 列下排"),
        "en": ("Time, s", "Column 5 upper", "Column 5 lower", "Column 1 upper", "Column 1 lower"),
    },
    before={
        "zh": "板坯结晶器宽面热电偶（℃），正常时上排高于下排。变化指末值与初值之差，绝对值不超过 3 ℃ 视为不变。判断规则：",
        "en": "Thermocouples of the wide face of a slab mould, in °C; normally the upper row is the hotter one. A change is the last value less the first; up to 3 °C either way counts as no change. Rules:",
    },
    ask={
        "zh": "按所给规则，这段热电偶记录说明什么？",
        "en": "By the rules given, what does this thermocouple log show?",
    },
    causes={
        "sticker": Cause(
            option={"zh": "坯壳黏结", "en": "Sticking shell"},
            rule={
                "zh": "坯壳黏结：某一列上排先升 15 ℃ 以上再回落，其下排随后上升 15 ℃ 以上，最后下排高于上排，其他列不变",
                "en": "Sticking shell: in one column the upper row rises by more than 15 °C and falls back, the lower row then rises by more than 15 °C and ends above the upper one; other columns do not change",
            },
            mistake="inversion of the two rows seen where there is none",
            log=_sticker,
        ),
        "level": Cause(
            option={"zh": "液面下降", "en": "Falling level"},
            rule={
                "zh": "液面下降：各列上排都下降 10 ℃ 以上，下排不变",
                "en": "Falling level: the upper row of all columns falls by more than 10 °C, the lower row does not change",
            },
            mistake="fall of the upper row in all columns seen where there is none",
            log=_level_drop,
        ),
        "speed": Cause(
            option={"zh": "拉速提高", "en": "Higher speed"},
            rule={
                "zh": "拉速提高：各列上、下排都上升 6 ℃ 以上",
                "en": "Higher speed: both rows of all columns rise by more than 6 °C",
            },
            mistake="rise of one column taken for a rise of all",
            log=_faster,
        ),
        "crack": Cause(
            option={"zh": "表面纵裂", "en": "Longitudinal crack"},
            rule={
                "zh": "表面纵裂：只有某一列上、下排都逐步下降 12 ℃ 以上，上排始终高于下排，其他列不变",
                "en": "Longitudinal crack: in one column only both rows fall step by step by more than 12 °C, the upper one staying the hotter; other columns do not change",
            },
            mistake="fall of both rows of one column seen where there is none",
            log=_crack,
        ),
        "sensor": Cause(
            option={"zh": "热电偶损坏", "en": "Failed sensor"},
            rule={
                "zh": "热电偶损坏：只有一支热电偶在 10 s 内跌落 40 ℃ 以上，此后读数固定，其余各支不变",
                "en": "Failed sensor: a single thermocouple drops by more than 40 °C within 10 s and then stays at one value; all others do not change",
            },
            mistake="real change of temperature taken for a fault of the sensor",
            log=_dead_sensor,
        ),
    },
)


def _furnace_log(line: list[float], pressure: list[float], wind: list[float], top: tuple[list[float], list[float]], iron: list[float]) -> Rows:
    return [list(row) for row in zip(range(5), line, pressure, wind, *top, iron, strict=True)]


def _sinking(rng: random.Random, start: float) -> list[float]:
    return _steps(start, tuple(rng.randint(6, 9) / 100 for _ in range(4)))


def _calm(rng: random.Random) -> dict[str, Any]:
    pressure, wind, iron = rng.randint(355, 385), rng.randrange(4400, 4800, 10), rng.randint(1490, 1515)
    top = rng.randint(150, 190)
    return {
        "line": _sinking(rng, rng.randint(105, 120) / 100),
        "pressure": [pressure + rng.randint(-2, 2) for _ in range(5)],
        "wind": [wind + rng.choice((-20, -10, 0, 10, 20)) for _ in range(5)],
        "top": ([float(top + rng.randint(-4, 4)) for _ in range(5)], [float(top + rng.randint(12, 24)) for _ in range(5)]),
        "iron": [float(iron + rng.randint(-3, 3)) for _ in range(5)],
    }


def _hanging(rng: random.Random) -> Rows:
    calm = _calm(rng)
    stopped = calm["line"][0] + 0.08
    calm["line"] = [calm["line"][0], stopped, stopped, stopped, stopped]
    calm["pressure"] = _steps(calm["pressure"][0], tuple(rng.randint(10, 18) for _ in range(4)))
    calm["wind"] = _steps(calm["wind"][0], tuple(-10 * rng.randint(11, 24) for _ in range(4)))
    return _furnace_log(**calm)


def _slip(rng: random.Random) -> Rows:
    calm = _calm(rng)
    at, depth = rng.randint(1, 3), rng.randint(130, 180) / 100
    calm["line"] = [value + (depth if place >= at else 0) for place, value in enumerate(calm["line"])]
    return _furnace_log(**calm)


def _channel(rng: random.Random) -> Rows:
    calm = _calm(rng)
    calm["pressure"] = _steps(calm["pressure"][0], tuple(-rng.randint(6, 9) for _ in range(4)))
    low, high = calm["top"]
    calm["top"] = (low, _steps(high[0], tuple(rng.randint(38, 60) for _ in range(4))))
    return _furnace_log(**calm)


def _low_line(rng: random.Random) -> Rows:
    calm = _calm(rng)
    calm["line"] = _sinking(rng, rng.randint(275, 310) / 100)
    hotter = rng.randint(70, 110)  # a low burden cools the top gas less
    low, high = calm["top"]
    calm["top"] = ([value + hotter for value in low], [value + hotter for value in high])
    return _furnace_log(**calm)


def _cooling(rng: random.Random) -> Rows:
    calm = _calm(rng)
    calm["iron"] = _steps(calm["iron"][0], tuple(-rng.randint(12, 18) for _ in range(4)))
    return _furnace_log(**calm)


FURNACE = Watch(
    digits=(0, 2, 0, 0, 0, 0, 0),
    head={
        "zh": ("时间 min", "料线 m", "风压 kPa", "风量 m³/min", "顶温最低点 ℃", "顶温最高点 ℃"),
        "en": ("Time, min", "Stock line, m", "Blast pressure, kPa", "Blast volume, m³/min", "Top, coldest point, °C", "Top, hottest point, °C"),
    },
    before={
        "zh": "高炉两批料之间的记录，其间没有装料。料线为料面深度，随下料加深；每分钟加深 0.05～0.10 m 为下料均匀。判断规则：",
        "en": "Log of a blast furnace between two charges; nothing was charged meanwhile. The stock line is the depth of the burden's surface and grows as the burden sinks; by 0.05 to 0.10 m a minute it sinks evenly. Rules:",
    },
    apart={"zh": "最近五次铁的铁水温度（℃，由早到晚）：{}。", "en": "Hot metal temperature of the last five taps, in °C, the latest one last: {}."},
    ask={
        "zh": "按所给规则，这座高炉出现了哪种失常？",
        "en": "By the rules given, which disturbance does this blast furnace show?",
    },
    causes={
        "hanging": Cause(
            option={"zh": "悬料", "en": "Hanging"},
            rule={
                "zh": "悬料：料线停住不动至少 3 min，同时风压上升 20 kPa 以上、风量减少",
                "en": "Hanging: the stock line stands still for at least 3 min while the blast pressure rises by more than 20 kPa and the volume falls",
            },
            mistake="stock line that moves taken for one that stands still",
            log=_hanging,
        ),
        "slip": Cause(
            option={"zh": "崩料", "en": "Slipping"},
            rule={
                "zh": "崩料：料线在 1 min 内突然加深 1.0 m 以上",
                "en": "Slipping: the stock line deepens suddenly, by more than 1.0 m within 1 min",
            },
            mistake="sudden drop of the stock line seen where there is none",
            log=_slip,
        ),
        "channel": Cause(
            option={"zh": "管道行程", "en": "Channelling"},
            rule={
                "zh": "管道行程：风压下降 15 kPa 以上，顶温最高点比最低点高出 100 ℃ 以上",
                "en": "Channelling: the blast pressure falls by more than 15 kPa and the hottest point of the top is more than 100 °C above the coldest",
            },
            mistake="spread of the top temperatures misread",
            log=_channel,
        ),
        "low": Cause(
            option={"zh": "低料线", "en": "Low stock line"},
            rule={
                "zh": "低料线：料线始终深于 2.5 m，而下料均匀",
                "en": "Low stock line: it is deeper than 2.5 m all the time while the burden sinks evenly",
            },
            mistake="depth of the stock line misread",
            log=_low_line,
        ),
        "cooling": Cause(
            option={"zh": "炉缸向凉", "en": "Cold hearth"},
            rule={
                "zh": "炉缸向凉：五次铁的铁水温度由早到晚下降 40 ℃ 以上，而下料均匀、风压变化不超过 10 kPa",
                "en": "Cold hearth: from the first to the last of the five taps the hot metal is more than 40 °C colder, while the burden sinks evenly and the blast pressure changes by no more than 10 kPa",
            },
            mistake="fall of the hot metal's temperature seen where there is none",
            log=_cooling,
        ),
    },
)


_LISTED: Mapping[Language, str] = {"zh": "、", "en": ", "}


def _drawing(watch: Watch) -> Callable[[random.Random], Params | None]:
    def draw(rng: random.Random) -> Params | None:
        cause = rng.choice(sorted(watch.causes))
        others = sorted(rng.sample([name for name in sorted(watch.causes) if name != cause], 3))
        return {"cause": cause, "others": others, "log": watch.causes[cause].log(rng)}

    return draw


def _writing(watch: Watch) -> Callable[[Params, Language], tuple[Content, ...]]:
    def write(p: Params, language: Language) -> tuple[Content, ...]:
        gold = watch.causes[p["cause"]]
        wrong = {watch.causes[name].option[language]: watch.causes[name].mistake for name in p["others"]}
        rules = "\n".join(f"- {cause.rule[language]}{'；' if language == 'zh' else ';'}" for cause in watch.causes.values())
        rows = [[f"{value:.{digits}f}" for value, digits in zip(row, watch.digits, strict=True)] for row in p["log"]]
        answer = gold.option[language]
        stop = "。" if language == "zh" else "."
        columns = len(watch.head[language])
        below = f"\n\n{watch.apart[language].format(_LISTED[language].join(row[-1] for row in rows))}" if watch.apart else ""
        context = f"{watch.before[language]}\n{rules[:-1]}{stop}\n\n{table(watch.head[language], [row[:columns] for row in rows])}{below}"
        explanation = ("记录符合这条规则：" if language == "zh" else "The log meets this rule: ") + gold.rule[language] + stop
        return (
            Content(
                form="choice",
                context=context,
                stem=watch.ask[language],
                answer=answer,
                choices=(answer, *wrong),
                mistakes=wrong,
                explanation=explanation,
            ),
        )

    return write


GENERATORS = (
    Generator(
        id="GSF1",
        task="diagnosis",
        subarea="casting",
        level="judge",
        draw=_drawing(MOULD),
        write=_writing(MOULD),
        source=Source(title="Rules and log written for this item, after the usual signs of mould thermocouples", kind="made"),
        draws=6,
    ),
    Generator(
        id="GSF2",
        task="diagnosis",
        subarea="blast_furnace",
        level="judge",
        draw=_drawing(FURNACE),
        write=_writing(FURNACE),
        source=Source(title="Rules and log written for this item, after the usual signs of blast furnace disturbances", kind="made"),
        draws=6,
    ),
)
