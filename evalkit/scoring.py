"""From responses to scores: each planned request, its response, the metric of its item's form. Joined by id, never by place."""

from collections.abc import Iterable, Iterator, Mapping

from evalkit import registry
from evalkit.metrics.mistakes import mistake_of
from evalkit.plan import Plan
from evalkit.protocols import Metric
from evalkit.records import Item, Mark, Request, Response, Score


def score(plan: Plan, responses: Iterable[Response]) -> Iterator[Score]:
    """One score a planned request, in the plan's order. A request without a response is our failure: value None, "errored"."""
    by_id = {response.request: response for response in responses}
    metrics: dict[str, Metric] = {}
    for request in plan.requests:
        item = plan.items[request.item]
        name = metric_name(plan.metrics.get(item.suite, {}), item)
        if name not in metrics:
            metrics[name] = find_metric(name)
        response = by_id.get(request.id) or Response(request=request.id, finish="error", error="never answered")
        yield _row(request, item, response, metrics[name](item, response))


def metric_name(named: Mapping[str, str], item: Item) -> str:
    """The suite's choice for the item's task in its form ("compliance/json"), its task, its form, else the metric called like the form."""
    return named.get(f"{item.task}/{item.form}") or named.get(item.task) or named.get(item.form) or item.form


def find_metric(name: str) -> Metric:
    """A metric by its entry point, or `evaluate:<module>` through the evaluate library."""
    if name.startswith("evaluate:"):
        from evalkit.metrics.foreign import evaluate_metric

        return evaluate_metric(name.removeprefix("evaluate:"))
    metric: Metric = registry.find("metrics", name)
    return metric


def _row(request: Request, item: Item, response: Response, mark: Mark) -> Score:
    return Score(
        key=item.key,
        item=item.id,
        request=request.id,
        suite=item.suite,
        task=item.task,
        subarea=item.subarea,
        cluster=item.cluster,
        form=item.form,
        language=item.language,
        level=item.level,
        foundation=item.foundation,
        operator=item.operator,
        draw=item.draw,
        arm=item.arm,
        run=item.run,
        value=mark.value,
        guess=item.guess,
        state=mark.state,
        parsed=mark.parsed,
        rule=mark.rule,
        confidence=mark.confidence,
        brier=mark.brier,
        mistake=mistake_of(item, mark),
        finish=response.finish,
        tokens_in=response.tokens_in,
        tokens_out=response.tokens_out,
        chosen_place=mark.place,
        gold_place=item.choices.index(str(item.answer)) if item.form == "choice" else None,
    )
