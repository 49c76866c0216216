"""Are evalkit's figures lm_eval's, on the same files and the same model? MMLU (a subject, 5 shots), PubMedQA, golds of GSM8K.

    python -m tests.proofs.parity --peer PYTHON --data FOLDER [--items N] [--model M] [--to FILE] [--tasks NAME ...]

PYTHON is that of an environment with lm_eval, FOLDER holds mmlu/, gsm8k/ and pubmedqa/ as docs/benchmarks_of_others.md says.
Each side reads the files by itself: evalkit by its shipped configurations, lm_eval by the tasks in `parity_peer`. Both ask for
the letters of the options. Writes parity.json: items, both accuracies, items with the same prompt and with the same letter
first, how often each letter is, largest difference of a log-likelihood; and for GSM8K, of how many rows lm_eval takes evalkit's
gold for right. With `--tasks` the other rows of an earlier file stay, if it is of the same model and versions.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from statistics import fmean

from evalkit.canon import digest
from evalkit.checkpoints import as_folder, locate
from evalkit.config import EngineConfig, RunConfig
from evalkit.engines.local import LocalEngine
from evalkit.engines.tokens import plain_text
from evalkit.metrics.choice import choice
from evalkit.plan import build_plan
from evalkit.prompts import gold_text, prompt_of
from evalkit.records import Message, Request
from evalkit.suite import find_suite

HERE = Path(__file__).parent
TASKS = HERE.parent.parent / "configs" / "tasks"
ALL = ("mmlu_plain", "mmlu_own", "pubmedqa_plain")
SUBJECT, SHOTS, NATS = "medical_genetics", 5, 1e-3  # a log-likelihood of either side is rounded in fp32


def subject():
    """Items of the subject in the order of their rows, and its own dev rows."""
    suite = find_suite(str(TASKS / "mmlu"))
    items = sorted((item for item in suite.items if item.subarea == SUBJECT), key=lambda item: item.id)
    return items, [shot for shot in suite.shots if shot.subarea == SUBJECT][:SHOTS]


def mmlu_plain():
    """Item > request in evalkit's words: what `plan` asks, with the shots in lm_eval's order."""
    items, shots = subject()
    for item in items:
        prompt = prompt_of(item, shots)
        yield item, request(item, prompt.messages, prompt.cue, prompt.options)


def own_words(item):
    options = "\n".join(f"{letter}. {option}" for letter, option in zip("ABCD", item.choices, strict=True))
    return f"{item.stem}\n{options}"


def mmlu_own():
    """Item > request in the words of lm_eval's own task."""
    items, shots = subject()
    worked = "".join(f"{own_words(shot)}\nAnswer: {gold_text(shot)}\n\n" for shot in shots)
    opening = f"The following are multiple choice questions (with answers) about {SUBJECT.replace('_', ' ')}.\n\n"
    for item in items:
        yield item, request(item, (Message(role="user", content=f"{opening}{worked}{own_words(item)}"),), "Answer:", tuple("ABCD"))


def request(item, messages, cue, options):
    name = digest([item.key, [message.content for message in messages]])
    return Request(id=name, item=item.key, ability="score", messages=messages, cue=cue, options=options)


def pubmedqa_plain(engine, keys):
    """Item > request of the plan of an ordinary run, for the articles `keys`."""
    plan = build_plan(RunConfig(suites=(str(TASKS / "pubmedqa"),), profile="full", efficiency=False), engine)
    wanted = {f"pubmedqa-test-{key}" for key in keys}
    return [(plan.items[asked.item], asked) for asked in plan.requests if asked.item in wanted]


def ours(engine, pairs):
    """Key > what evalkit made of the item."""
    pairs = list(pairs)
    by_id = {response.request: response for response in engine.answer([asked for _, asked in pairs])}
    found = {}
    for item, asked in pairs:
        response = by_id[asked.id]
        mark = choice(item, response)
        if mark.value is None:
            sys.exit(f"{item.key}: {mark.rule} {response.error}")
        key = item.id.removeprefix("pubmedqa-test-") if item.suite == "pubmedqa" else item.stem
        found[key] = {"context": plain_text(asked.messages, asked.cue), "loglikelihoods": response.loglikelihoods, "right": mark.value}
    if len(found) != len(pairs):
        sys.exit("two items have the same key: they cannot be compared")
    return found


def compared(mine, theirs, accuracy):
    """One row of the proof. Both sides must have the same items."""
    others = {item["key"]: item for item in theirs}
    if len(others) != len(theirs) or others.keys() != mine.keys():
        sys.exit(f"the sides have other items: {sorted(others.keys() ^ mine.keys())[:3]}")

    def first(values):
        return max(range(len(values)), key=values.__getitem__)

    pairs = [(mine[key], others[key]) for key in mine]
    apart = [abs(a - b) for one, other in pairs for a, b in zip(one["loglikelihoods"], other["loglikelihoods"], strict=True)]
    letters = Counter("ABCD"[first(one["loglikelihoods"])] for one, _ in pairs)
    same = sum(first(one["loglikelihoods"]) == first(other["loglikelihoods"]) for one, other in pairs)
    return {
        "items": len(pairs),
        "same_prompt": sum(one["context"] == other["context"] for one, other in pairs),
        "same_letter_first": same,
        "letters_first": dict(sorted(letters.items())),
        "accuracy_evalkit": fmean(one["right"] for one, _ in pairs),
        "accuracy_lm_eval": accuracy,
        "same_mark": sum(one["right"] == other["right"] for one, other in pairs),
        "largest_difference_nats": max(apart),
    }


def ask_peer(chosen, golds):
    """What `parity_peer` wrote. It gets evalkit's golds of GSM8K, to compare them in lm_eval's way."""
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "peer.json"
        command = [chosen.peer, HERE / "parity_peer.py", chosen.data.absolute(), as_folder(locate(chosen.model)), chosen.items, to, *chosen.tasks]
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": folder}
        subprocess.run([str(word) for word in command], input=json.dumps(golds), text=True, check=True, env=environment)
        return json.loads(to.read_text(encoding="utf-8"))


def keys_of(peer):
    """The articles of PubMedQA that lm_eval was asked about."""
    return [item["key"] for item in peer["tasks"]["pubmedqa_plain"]["items"]]


def earlier(chosen, model, versions):
    """Rows of an earlier file for tasks that are not asked now; none where it is of another model or other versions."""
    if not chosen.to.is_file():
        return {}
    read = json.loads(chosen.to.read_text(encoding="utf-8"))
    same = (read["model"], read["versions"]) == (model, versions)
    return {name: row for name, row in read["tasks"].items() if same and name in ALL and name not in chosen.tasks}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, required=True, help="Python of an environment with lm_eval")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--items", type=int, default=40, help="of PubMedQA")
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--to", type=Path, default=HERE / "parity.json")
    parser.add_argument("--tasks", nargs="+", default=list(ALL), choices=ALL)
    chosen = parser.parse_args()
    os.environ["EVALKIT_DATA"] = str(chosen.data.absolute())
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True, cwd=HERE).stdout.strip()
    golds = [str(item.answer) for item in find_suite(str(TASKS / "gsm8k")).items]
    peer = ask_peer(chosen, golds)
    engine = LocalEngine(EngineConfig(model=chosen.model, dtype="float32", device="cpu", chat_template="never"))
    makers = {"mmlu_plain": mmlu_plain, "mmlu_own": mmlu_own, "pubmedqa_plain": lambda: pubmedqa_plain(engine, keys_of(peer))}
    versions = {"evalkit_side": {name: version(name) for name in ("torch", "transformers", "datasets")}, "lm_eval_side": peer["versions"]}
    rows = earlier(chosen, engine.model.name, versions)
    for name in chosen.tasks:
        asked = peer["tasks"][name]
        rows[name] = {"commit": commit, **compared(ours(engine, makers[name]()), asked["items"], asked["accuracy"])}
    equal = all(
        row["same_prompt"] == row["same_letter_first"] == row["same_mark"] == row["items"]
        and row["accuracy_evalkit"] == row["accuracy_lm_eval"]
        and row["largest_difference_nats"] <= NATS
        for row in rows.values()
    )
    written = {
        "proof": "figures of evalkit and lm_eval on the same files and model, letters scored",
        "model": engine.model.name,
        "subject_of_mmlu": SUBJECT,
        "versions": versions,
        "tasks": rows,
        "gsm8k_golds": peer["gsm8k"],
        "equal": equal and peer["gsm8k"]["same"] == peer["gsm8k"]["rows"] > peer["gsm8k"]["same_after_a_shift"],
    }
    chosen.to.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(written, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
