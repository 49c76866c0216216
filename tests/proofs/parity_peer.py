"""lm_eval's side of `tests.proofs.parity`: run with a Python that has lm_eval; needs nothing of evalkit.

    PYTHON parity_peer.py FOLDER_OF_DATA MODEL_FOLDER ITEMS_OF_PUBMEDQA TO TASK ...     (MODEL_FOLDER "-": prompts only)

Its tasks are lm_eval's own: data sets read from the same files by `datasets` or `json`, prompts from lm_eval's templates,
shots by its sampler `first_n`, requests batched and answered by its `HFLM`, accuracy by its metric.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import datasets
from lm_eval import simple_evaluate
from lm_eval.api.metrics import exact_match_hf_evaluate
from lm_eval.api.task import ConfigurableTask

SUBJECT = "medical_genetics"
SENTENCE = "Answer with the letter of the right option only."
QUESTION = "{{question.strip()}}\nA. {{A}}\nB. {{B}}\nC. {{C}}\nD. {{D}}\n"
ABSTRACT = "{{CONTEXTS|join('\n')}}\n\n{{QUESTION}}\nA. yes\nB. no\nC. maybe\n"
ACCURACY = [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}]
# of lm_eval/tasks/gsm8k/gsm8k.yaml
IGNORED = [",", r"\$", r"(?s).*#### ", r"\.$"]


def mmlu(data):
    def read(**_):
        files = {split: str(data / "mmlu" / split / f"{SUBJECT}_{split}.csv") for split in ("test", "dev")}
        names = ["question", "A", "B", "C", "D", "answer"]
        return datasets.load_dataset("csv", data_files=files, column_names=names, keep_default_na=False)

    return read


def pubmedqa(data, items):
    def read(**_):
        rows = json.loads((data / "pubmedqa" / "ori_pqal.json").read_text(encoding="utf-8"))
        test = json.loads((data / "pubmedqa" / "test_ground_truth.json").read_text(encoding="utf-8"))
        keys = list(test)[:: max(1, len(test) // items)][:items]  # the file is sorted by answer: the first 40 are all "yes"
        chosen = [{"pmid": key, "CONTEXTS": rows[key]["CONTEXTS"], "QUESTION": rows[key]["QUESTION"], "gold": test[key]} for key in keys]
        return {"test": datasets.Dataset.from_list(chosen)}

    return read


def tasks(data, items, names):
    """The tasks of these names: MMLU in evalkit's words and in lm_eval's own, PubMedQA in evalkit's."""
    subject = {
        "custom_dataset": mmlu(data), "test_split": "test", "fewshot_split": "dev", "fewshot_config": {"sampler": "first_n"}, "num_fewshot": 5,
        "output_type": "multiple_choice", "doc_to_choice": ["A", "B", "C", "D"], "doc_to_target": "{{['A', 'B', 'C', 'D'].index(answer)}}", "metric_list": ACCURACY,
    }  # fmt: skip
    described = f"The following are multiple choice questions (with answers) about {SUBJECT.replace('_', ' ')}.\n\n"
    abstracts = {
        "custom_dataset": pubmedqa(data, items), "test_split": "test", "num_fewshot": 0, "output_type": "multiple_choice", "doc_to_choice": ["A", "B", "C"],
        "doc_to_target": "{{['yes', 'no', 'maybe'].index(gold)}}", "metric_list": ACCURACY, "doc_to_text": f"{ABSTRACT}\n{SENTENCE}\nAnswer:",
    }  # fmt: skip
    configs = {
        "mmlu_plain": {**subject, "doc_to_text": f"{QUESTION}\n{SENTENCE}\nAnswer:"},
        "mmlu_own": {**subject, "doc_to_text": f"{QUESTION}Answer:", "description": described},
        "pubmedqa_plain": abstracts,
    }
    return [ConfigurableTask(config={"task": name, **config, "metadata": {}}) for name, config in configs.items() if name in names]


def told(sample):
    first = sample["arguments"][0] if isinstance(sample["arguments"], list) else sample["arguments"]["gen_args_0"]
    context = first[0] if isinstance(first, list | tuple) else first["arg_0"]
    doc = sample["doc"]
    return {
        "key": doc.get("pmid") or doc["question"].strip(),
        "context": context,
        "loglikelihoods": [float(response[0][0]) for response in sample["resps"]],
        "right": float(sample["acc"]),
    }


def golds(data):
    """For each row of GSM8K's test, lm_eval's comparison of a text with the row's worked answer: a function of that text."""
    lines = (data / "gsm8k" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    answers = [json.loads(line)["answer"] for line in lines]

    def same(texts):
        pairs = zip(texts, answers, strict=True)
        options = {"regexes_to_ignore": IGNORED, "ignore_case": True, "ignore_punctuation": False}
        return sum(float(exact_match_hf_evaluate([text], [answer], **options)["exact_match"]) for text, answer in pairs)

    return same


def main():
    data, model, items, to = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    made = tasks(data, items, sys.argv[5:])
    written = {"versions": {name: version(name) for name in ("lm_eval", "torch", "transformers", "datasets")}}
    texts = json.loads(sys.stdin.read())
    same = golds(data)
    written["gsm8k"] = {"rows": len(texts), "same": same(texts), "same_after_a_shift": same([*texts[1:], texts[0]])}
    if model == "-":
        for task in made:
            task.build_all_requests(limit=2, rank=0, world_size=1)
        written["contexts"] = {task.config.task: [request.args[0] for request in task.instances] for task in made}
    else:
        arguments = {"pretrained": model, "dtype": "float32"}
        read = simple_evaluate(model="hf", model_args=arguments, tasks=made, batch_size=8, device="cpu", bootstrap_iters=0, log_samples=True)
        written["tasks"] = {
            task.config.task: {
                "accuracy": float(read["results"][task.config.task]["acc,none"]),
                "items": [told(sample) for sample in read["samples"][task.config.task]],
            }
            for task in made
        }
    to.write_text(json.dumps(written), encoding="utf-8")


if __name__ == "__main__":
    main()
