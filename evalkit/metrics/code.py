"""Hardware code by its test bench: compiled and run by Icarus Verilog, in a folder of its own and under hard limits.

A model's code is a stranger's file. It may hold no compiler directive and no system task (a bench alone speaks to the outside:
what it prints is the verdict), and compiler and simulator run with limits on time, memory and the size of files.
"""

import re
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

from evalkit.answers import Read, quote
from evalkit.errors import MissingToolError
from evalkit.metrics.frame import framed
from evalkit.records import Item

COMPILER, SIMULATOR = "iverilog", "vvp"
SECONDS, MEMORY, FILE_BYTES = 10, 1 << 30, 8 << 20
LONGEST = 20_000  # characters of a module that are compiled
_FENCE = re.compile(r"```[ \t]*([A-Za-z]{0,14})[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_MODULE = re.compile(r"\bmodule\b.*\bendmodule\b", re.DOTALL)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"", re.DOTALL)
_PURE = {"$signed", "$unsigned", "$clog2", "$bits"}  # functions of values, with no effect


def available() -> bool:
    """Whether compiler and simulator are installed on this machine."""
    return bool(shutil.which(COMPILER) and shutil.which(SIMULATOR))


def module_in(text: str) -> Read:
    """The code of an answer: the fenced blocks that hold modules, else all from the first `module` to the last `endmodule`."""
    blocks = [found[2] for found in _FENCE.finditer(text) if _MODULE.search(found[2])]
    bare = _MODULE.search(text)
    code = "\n".join(blocks) if blocks else bare[0] if bare else ""
    if not code:
        return Read(rule="no module")
    fault = fault_of(code)
    if fault:
        return Read(rule=fault, wrong=True, text=quote(code))
    return Read(value=code, rule="fenced block" if blocks else "bare module", text=quote(code), firm=True)


def fault_of(code: str) -> str:
    """Why the code is not compiled at all, "" if it may be."""
    bare = _COMMENT.sub(" ", code)
    if len(code) > LONGEST:
        return f"longer than {LONGEST} characters"
    tasks = sorted(set(re.findall(r"\$[A-Za-z_]\w*", bare)) - _PURE)
    if tasks:
        return f"calls {tasks[0]}: a module may call no system task"
    directives = sorted(set(re.findall(r"`\w+", bare)) - {"`timescale", "`default_nettype"})
    if directives:
        return f"holds the directive {directives[0]}: a module may hold none but `timescale and `default_nettype"
    return "names a module `bench`, as the test bench is called" if re.search(r"\bmodule\s+bench\b", bare) else ""


def run_bench(code: str, bench: str) -> str:
    """What the bench prints (at most 400 characters), or why it did not come to that. Raises MissingToolError without Icarus Verilog."""
    if not available():
        raise MissingToolError(f"{COMPILER} is not installed; it grades code: apt-get install iverilog")
    with tempfile.TemporaryDirectory(prefix="evalkit-code-") as name:
        folder = Path(name)
        (folder / "module.v").write_text(code + "\n", encoding="utf-8")
        (folder / "bench.v").write_text(bench + "\n", encoding="utf-8")
        failed, said = _limited(folder, COMPILER, "-g2005-sv", "-Wno-timescale", "-s", "bench", "-o", "run.vvp", "module.v", "bench.v")
        if failed:
            return f"does not compile: {said}"[:400]
        failed, said = _limited(folder, SIMULATOR, "-n", "run.vvp")
        return (f"{said} ({failed})" if failed else said)[:400]


def _limited(folder: Path, *command: str) -> tuple[str, str]:
    """Why it failed ("" where it did not), and what it printed."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, timeout=2 * SECONDS, check=False, stdin=subprocess.DEVNULL,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": str(folder)}, preexec_fn=_limits, text=True, errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"stopped after {2 * SECONDS} s", ""
    said = " ".join((done.stdout + " " + done.stderr).split()).replace(str(folder), ".")
    return f"exit code {done.returncode}" if done.returncode else "", said


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(_: Item, text: str) -> Read:
    return module_in(text)


def _judge(item: Item, found: Read) -> tuple[float, str]:
    """1 where the bench prints PASS and nothing else, else 0; what it printed is shown."""
    if not item.bench.strip():
        raise ValueError("the item has no test bench")
    said = run_bench(found.value, item.bench)
    return float(said == "PASS"), said


code = framed(_read, _judge)
