"""An evaluation module of somebody else, as the evaluate library loads them: does the first word agree?"""

import datasets
import evaluate


class FirstWord(evaluate.Metric):
    def _info(self):
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description="share of predictions whose first word is the reference's",
            citation="",
            inputs_description="",
            features=datasets.Features({"predictions": text, "references": text}),
        )

    def _compute(self, predictions, references):
        if "crash" in predictions:
            raise RuntimeError("asked to crash")
        hits = [left.split()[0] == right.split()[0] for left, right in zip(predictions, references, strict=True)]
        return {"total": 17.0, "first_word": sum(hits) / len(hits)}
