"""One arrow: flows.py → pipeline/ → extractors/; and nothing heavy before it is used."""

from __future__ import annotations

import ast
import resource
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

import extractors

ROOT = Path(__file__).parents[1]
FORMATS = {"pdfplumber", "pdfminer", "pypdfium2", "docx", "lxml"}
HEAVY = {"pandas", "pyarrow", "numpy", "scipy", "prefect", "pdfplumber", "pypdfium2", "docx", "lxml", "rapidocr"}


def imports(path: Path) -> Iterator[str]:
    """The modules that a source file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""


def roots(folder: str) -> dict[str, set[str]]:
    sources = sorted((ROOT / folder).rglob("*.py"))
    assert sources
    return {p.relative_to(ROOT).as_posix(): {name.split(".")[0] for name in imports(p)} for p in sources}


def test_extractors_know_nothing_of_governments() -> None:
    for path, found in roots("extractors").items():
        assert not found & {"pipeline", "flows", "prefect", "tests", "benchmarks"}, path


def test_the_pipeline_knows_no_format_and_no_prefect() -> None:
    for path, found in roots("pipeline").items():
        assert not found & {"flows", "prefect", "tests", "benchmarks"}, path
        assert not found & FORMATS, path


def test_every_library_that_extractors_read_with_is_named_as_an_engine() -> None:
    """Or a new version of it would not be noticed, and what the old one read be taken for its work."""
    named = {name for found in roots("extractors").values() for name in found}
    extras = {"cv2": ["opencv-python-headless"], "rapidocr": ["rapidocr"], "PIL": ["pillow"]}  # need not be installed
    distributions = {**extras, **metadata.packages_distributions(), **extras}
    foreign = named - set(sys.stdlib_module_names) - {"extractors"}
    behind = {"onnxruntime"}  # what rapidocr computes with
    assert {distributions[name][0] for name in foreign} | behind == set(extractors.ENGINES)


def loaded(code: str) -> tuple[set[str], float]:
    """The top-level modules that `code` loads in a new process, and the seconds of processor time it takes."""
    program = f"{code}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return set(done.stdout.split("\n")[-2].split()), seconds


@pytest.mark.parametrize("module", ["pipeline", "pipeline.cli", "pipeline.run", "extractors"])
def test_importing_is_quick_and_loads_nothing_heavy(module: str) -> None:
    names, seconds = loaded(f"import {module}")
    assert not names & HEAVY
    assert seconds < 0.5


def test_help_loads_nothing_heavy() -> None:
    names, _ = loaded(
        "from typer.testing import CliRunner\nfrom pipeline.cli import app\nCliRunner().invoke(app, ['--help'])"
    )
    assert not names & HEAVY


def test_ci_runs_the_commands_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    commands = [line.strip() for line in readme if line.startswith("    python3 -m venv")]
    assert len(commands) == 2
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert [line for line in ci if line.startswith("python3 -m venv")] == commands
