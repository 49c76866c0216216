from itertools import product

import numpy as np
import pytest

from evalkit.axes import PROFILES, generality, rank_weights
from evalkit.records import DOMAINS, LEVELS
from tests.axes.score_rows import row

PREVIEW = PROFILES["preview"]
TASKS = ("knowledge", "calculation", "reading")
FORMS = ("choice", "number", "json")


def design(score, *, each=4, domains=DOMAINS, languages=("zh", "en"), levels=LEVELS, seed=0):
    """Balanced domain x language x level x (task with its form); score(domain, language, level, task, rng) is the value."""
    rng, rows = np.random.default_rng(seed), []
    for domain, language, level, (task, form) in product(domains, languages, levels, zip(TASKS, FORMS, strict=True)):
        for number in range(each):
            name = f"{domain}-{level}-{task}-{number}"
            rows.append(
                row(
                    f"{name}-{language}",
                    float(score(domain, language, level, task, rng)),
                    suite=domain,
                    cluster=name,
                    language=language,
                    level=level,
                    task=task,
                    form=form,
                )
            )
    return rows


def worse_of_two(cells):
    """Expected score in the worse of two cells drawn with replacement, by going through all pairs."""
    return float(np.mean([min(pair) for pair in product(cells, repeat=2)]))


QUALITY = dict(zip(DOMAINS, (0.9, 0.5, 0.7, 0.6, 0.8), strict=True))


def made_quality(domain, language, level, task, _):
    return QUALITY[domain] - (0.1 if language == "en" else 0) - 0.05 * LEVELS.index(level) - 0.1 * TASKS.index(task)


def test_rank_weights_are_those_of_the_note():
    assert rank_weights(5) == pytest.approx([0.36, 0.28, 0.20, 0.12, 0.04])
    assert rank_weights(2) == pytest.approx([0.75, 0.25])
    assert rank_weights(7).sum() == pytest.approx(1)


def test_gen_is_the_mean_over_facets_of_the_worse_of_two_cells_and_mu_times_one_less_gini():
    made = generality(design(made_quality), PREVIEW)
    mu = 0.7 - 0.05 - 0.05 - 0.1
    facets = {
        "domain": [mu + QUALITY[d] - 0.7 for d in DOMAINS],
        "language": [mu + 0.05, mu - 0.05],
        "level": [mu + 0.05, mu, mu - 0.05],
        "ability": [mu + 0.1, mu, mu - 0.1],
        "form": [mu + 0.1, mu, mu - 0.1],
    }
    for facet, cells in facets.items():
        value = made.parts[f"facet/{facet}"].value
        assert value == pytest.approx(worse_of_two(cells))
        gini = np.abs(np.subtract.outer(cells, cells)).mean() / (2 * mu)
        assert value == pytest.approx(mu * (1 - gini))
    gen = np.mean([worse_of_two(cells) for cells in facets.values()])
    assert made.estimate.value == pytest.approx(gen)
    assert made.parts["mean"].value == pytest.approx(mu)
    assert made.parts["evenness"].value == pytest.approx(gen / mu)
    # no noise: both halves agree, but for tasks that the halves do not mix alike
    assert made.parts["cross_fit"].value == pytest.approx(gen, abs=1e-3)
    assert made.notes == ()


def test_weakest_cells_are_named_with_an_interval_wider_than_their_own():
    made = generality(design(lambda d, lang, level, task, rng: rng.random() < made_quality(d, lang, level, task, rng)), PREVIEW)
    worst = made.parts["weakest/domain"]
    assert worst.value == min(made.parts[f"cell/domain/{d}"].value for d in DOMAINS)
    assert worst.method.split(":")[0] in DOMAINS
    assert "simultaneous over 5" in worst.method
    assert worst.n == 72
    assert worst.clusters == 36
    assert made.parts["weakest/language"].high - made.parts["weakest/language"].value > 0


def test_an_even_model_has_evenness_one_and_an_uneven_mix_of_items_does_not_matter():
    rows = design(lambda *_: 0.6)
    assert generality(rows, PREVIEW).parts["evenness"].reason  # no variation at all: nothing to divide by with an interval
    spare = [r for r in design(made_quality, each=9, seed=1) if r.suite == "steel" and r.language == "zh"]
    extra = [r for r in spare if int(r.item.split("-")[3]) >= 4]
    base, more = generality(design(made_quality), PREVIEW), generality(design(made_quality) + extra, PREVIEW)
    assert more.estimate.value == pytest.approx(base.estimate.value)
    assert more.parts["cell/language/zh"].n > base.parts["cell/language/zh"].n


def test_small_cells_are_left_out_and_named():
    rows = [r for r in design(made_quality, each=2) if r.suite != "steel" or int(r.item.split("-")[3]) < 1]
    made = generality(rows, PREVIEW)  # steel has 18 items in 9 clusters
    assert any("domain steel (18 items in 9 clusters; 20 and 5 needed)" in note for note in made.notes)
    assert "cell/domain/steel" not in made.parts
    assert made.estimate.value is not None
    few = generality(rows, PROFILES["full"])
    assert few.estimate.value is None
    assert any("80 and 10 needed" in note for note in few.notes)


def test_a_cell_absent_from_a_domain_and_language_is_not_imputed():
    rows = [r for r in design(made_quality) if not (r.suite == "steel" and r.language == "en" and r.task == "reading")]
    made = generality(rows, PREVIEW)
    assert any("ability read (absent from 1 of 10" in note for note in made.notes)
    assert any("form structured (absent from 1 of 10" in note for note in made.notes)
    assert "cell/ability/recall" in made.parts


def test_a_level_missing_somewhere_becomes_a_margin_and_no_item_is_lost():
    rows = [r for r in design(made_quality) if not (r.suite == "steel" and r.level == "judge")]
    made = generality(rows, PREVIEW)
    assert any("level judge (absent from 2 of 10" in note for note in made.notes)
    assert made.parts["cell/domain/steel"].n == 48
    assert sum(made.parts[f"cell/domain/{d}"].n for d in DOMAINS) == len(rows)


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        ({"domains": DOMAINS[:2]}, "domain has 2"),
        ({"languages": ("zh",)}, "language has 0"),
    ],
)
def test_without_enough_domains_or_languages_gen_is_not_reported_but_the_mean_is(kept, why):
    made = generality(design(made_quality, **kept), PREVIEW)
    assert (made.estimate.value, made.estimate.standing) == (None, "not reported")
    assert why in made.estimate.reason
    assert made.parts["mean"].value is not None


def test_refusal_items_and_reruns_stay_outside():
    rows = design(made_quality)
    more = [row(f"steel-r{i}", 0.0, task="refusal") for i in range(30)] + [row(rows[0].item, 0.0, run=1)]
    assert generality(rows + more, PREVIEW) == generality(rows, PREVIEW)


def test_plug_in_errs_against_an_even_model_and_the_companion_does_not():
    plug, cross = [], []
    for seed in range(12):
        made = generality(design(lambda *a: a[-1].random() < 0.6, seed=seed), PREVIEW)
        plug.append(made.estimate.value - 0.6)
        cross.append(made.parts["cross_fit"].value - 0.6)
    assert -0.05 < np.mean(plug) < -0.01
    assert abs(np.mean(cross)) < 0.012


def test_interval_is_that_of_a_jackknife_over_clusters():
    def score(d, lang, level, task, rng):
        return rng.random() < made_quality(d, lang, level, task, rng)

    rows = design(score, each=6, domains=DOMAINS[:3], seed=4)
    whole = generality(rows, PREVIEW).estimate
    cells = {key: [] for key in product(DOMAINS[:3], ("zh", "en"), LEVELS, TASKS)}
    for r in rows:
        cells[(r.suite, r.language, r.level, r.task)].append((r.cluster, r.value))

    def gen(without):
        table = np.array([np.mean([v for c, v in inside if (key[0], c) != without]) for key, inside in cells.items()]).reshape(3, 2, 3, 3)
        margins = [table.mean(axis=tuple(a for a in range(4) if a != axis)) for axis in range(4)]
        return np.mean([worse_of_two(m) for m in (*margins, margins[3])])  # form goes with task here

    names = sorted({(r.suite, r.cluster) for r in rows})
    left = np.array([gen(name) for name in names])
    assert whole.value == pytest.approx(gen(None))
    se = np.sqrt((len(names) - 1) / len(names) * ((left - left.mean()) ** 2).sum())
    assert (whole.high - whole.low) / 2 / 1.98 == pytest.approx(se, rel=0.1)
