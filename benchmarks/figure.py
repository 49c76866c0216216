"""The plot: a bar a workload, as long as evalkit is faster, with the target marked. Pure: the same figures, the same bytes."""

from collections.abc import Mapping
from html import escape
from typing import Any

LEFT, WIDTH, ROW, TOP = 110, 420, 44, 54
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.small{font-size:11px;fill:#666}.bar{fill:#3b6fb6}.missed{fill:#b66a3b}"
    ".target{stroke:#222;stroke-width:2}.one{stroke:#bbb}"
    "@media(prefers-color-scheme:dark){svg{background:#161616}text{fill:#eee}.small{fill:#aaa}.target{stroke:#eee}}"
)


def target(name: str, result: Mapping[str, Any]) -> float | None:
    """The ratio aimed at; letters: 8 from 200 items a prefix on, else 6. None: none is set."""
    if name == "letters":
        return 8.0 if result["items_per_prefix"] >= 200 else 6.0
    return {"cloze": 12.0, "perturbed": 6.0, "generation": 3.0}.get(name)


def plot(workloads: Mapping[str, Mapping[str, Any]], *, title: str, below: str) -> str:
    """An SVG document of its own; `below` is a line on model and machine."""
    aims = {name: target(name, result) for name, result in workloads.items()}
    most = max([1.0, *(float(result["ratio"]) for result in workloads.values()), *(aim for aim in aims.values() if aim)])
    unit = WIDTH / most
    height = TOP + ROW * len(workloads) + 40
    parts = [f'<text x="12" y="24" font-weight="600">{escape(title)}</text>']
    parts.append(f'<text class="small" x="12" y="42">{escape("times as fast as lm_eval; the mark is the target")}</text>')
    parts.append(f'<line class="one" x1="{LEFT + unit:.2f}" y1="{TOP - 4}" x2="{LEFT + unit:.2f}" y2="{height - 36}"/>')
    for row, (name, result) in enumerate(workloads.items()):
        parts += _bar(name, result, aims[name], TOP + ROW * row, unit)
    parts.append(f'<text class="small" x="12" y="{height - 14}">{escape(below)}</text>')
    told = "; ".join(f"{name} {result['ratio']:.1f}" for name, result in workloads.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {LEFT + WIDTH + 80} {height}" '
        f'width="{LEFT + WIDTH + 80}" height="{height}"><title>{escape(title)}</title><desc>{escape(told)}</desc>'
        f"<style>{_STYLE}</style>{''.join(parts)}</svg>\n"
    )


def _bar(name: str, result: Mapping[str, Any], aim: float | None, top: int, unit: float) -> list[str]:
    ratio = float(result["ratio"])
    kind = "bar" if aim is None or ratio >= aim else "missed"
    told = f"{result['seconds']:.1f} s against {result['peer_seconds']:.1f} s, {result['items_per_prefix']:.0f} requests a prefix"
    parts = [
        f'<text x="{LEFT - 8}" y="{top + 16}" text-anchor="end">{escape(name)}</text>',
        f'<rect class="{kind}" x="{LEFT}" y="{top + 2}" width="{ratio * unit:.2f}" height="20"/>',
        f'<text x="{LEFT + max(ratio, aim or 0.0) * unit + 6:.2f}" y="{top + 17}">{ratio:.1f}</text>',  # clear of bar and mark
        f'<text class="small" x="{LEFT}" y="{top + 35}">{escape(told)}</text>',
    ]
    if aim is not None:
        place = LEFT + aim * unit
        parts.append(f'<line class="target" x1="{place:.2f}" y1="{top}" x2="{place:.2f}" y2="{top + 24}"/>')
    return parts
