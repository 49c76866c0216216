"""Imports go one way, heavy packages stay where they are used, and what is public is described."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "evalkit"
# Lowest first; a module imports only from layers below its own. Modules of one line do not import each other.
LAYERS = (
    {"errors", "canon", "records", "protocols", "__init__"},
    {"config", "energy", "templates", "prompts", "answers", "stats", "provenance", "messages", "charts", "checkpoints", "foreign"},
    {"generators", "ranking"},
    {"suite", "operators", "metrics", "engines"},
    {"registry", "axes", "bundle"},
    {"plan", "build", "meter"},
    {"audit", "scoring", "dry", "report"},
    {"leaderboard", "pools", "catalogue"},
    {"runner", "screen"},
    {"commands"},
    {"cli"},
    {"__main__"},
)
LOWEST_MAY = {("canon", "errors"), ("protocols", "records"), ("records", "errors")}  # inside the lowest layer, without cycles
HEAVY = (
    "torch",
    "transformers",
    "datasets",
    "evaluate",
    "accelerate",
    "pandas",
    "pyarrow",
    "scipy",
    "numpy",
    "rich",
    "typer",
    "pydantic",
    "jinja2",
)


def _modules() -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in PACKAGE.rglob("*.py"):
        inside = path.relative_to(PACKAGE)
        if inside.parts[0] in ("suites", "configs", "leaderboards"):
            continue
        found.setdefault(inside.parts[0].removesuffix(".py"), []).append(path)
    return found


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "evalkit":
            parts = node.module.split(".")
            names |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("evalkit.")}
    return names


def test_every_module_has_a_layer():
    assert set(_modules()) == set().union(*LAYERS)


@pytest.mark.parametrize("module", sorted(set().union(*LAYERS)))
def test_a_module_imports_from_below(module: str):
    level = next(index for index, layer in enumerate(LAYERS) if module in layer)
    below = set().union(*LAYERS[:level])
    for path in _modules()[module]:
        for name in _imports(path) - {module}:
            allowed = name in below or (module, name) in LOWEST_MAY or name.startswith("__version")
            assert allowed, f"{path.relative_to(PACKAGE)} imports evalkit.{name}, which is not below it"


def test_importing_evalkit_loads_nothing_heavy():
    code = f"import evalkit, sys; bad = [name for name in {HEAVY!r} if name in sys.modules]; sys.exit(str(bad) if bad else 0)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_help_loads_no_model_code():
    code = "import sys\nfrom evalkit.cli import main\nsys.argv = ['evalkit', '--help']\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
    code += "bad = [name for name in ('torch', 'transformers', 'numpy', 'pandas', 'scipy', 'pyarrow') if name in sys.modules]\nsys.exit(str(bad) if bad else 0)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize("module", sorted(set().union(*LAYERS) - {"__main__"}))
def test_public_names_are_described(module: str):
    for path in _modules()[module]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree) or not tree.body, f"{path.name} has no docstring"
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path.name}: {node.name} has no docstring"


def test_no_function_is_long():
    """At most 4 % of the functions have more than 40 lines without their docstring."""
    long, total = [], 0
    for paths in _modules().values():
        for path in paths:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    total += 1
                    text = ast.get_docstring(node, clean=False)
                    lines = (node.end_lineno or 0) - node.lineno + 1 - (text.count("\n") + 1 if text else 0)
                    if lines > 40:
                        long.append(f"{path.name}:{node.name} ({lines})")
    assert len(long) <= 0.04 * total, long
