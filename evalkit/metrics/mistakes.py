"""Which named mistake is behind a wrong answer."""

from evalkit.answers import read_number
from evalkit.metrics.frame import PARSED
from evalkit.metrics.number import within
from evalkit.records import Item, Mark


def mistake_of(item: Item, mark: Mark) -> str:
    """The name, from `item.mistakes`, of the wrong option chosen or of the nearest wrong value within tolerance; else ""."""
    if mark.state != "answered" or mark.value is None or mark.value >= 1 or not item.mistakes:
        return ""
    if item.form == "number":
        return _nearest(item, mark)
    if mark.place is not None:
        return item.mistakes.get(item.choices[mark.place], "")
    # a metric that gives no place: by the text, unless two options are alike as far as it was kept
    found = [name for option, name in item.mistakes.items() if option[:PARSED] == mark.parsed]
    return found[0] if len(found) == 1 else ""


def _nearest(item: Item, mark: Mark) -> str:
    given = read_number(mark.parsed, item.unit).value
    if given is None:
        return ""
    near: list[tuple[float, str]] = []
    for option, name in item.mistakes.items():
        wrong = read_number(option, item.unit).value
        if wrong is not None and within(given, wrong, item.tolerance.width(wrong)):
            near.append((abs(given - wrong), name))
    return min(near)[1] if near else ""
