"""The example notebook: run as a reader would, it answers its three questions with plots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.run import run

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "examples/three_questions.ipynb"


def outputs(notebook: dict[str, Any], kind: str) -> list[str]:
    found = [o for cell in notebook["cells"] for o in cell.get("outputs", ()) if kind in o.get("data", ())]
    return [o["data"][kind] for o in found]


def test_it_is_kept_with_its_answers() -> None:
    kept = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert len(outputs(kept, "image/png")) == 3
    counts = [cell["execution_count"] for cell in kept["cells"] if cell["cell_type"] == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert not [o for cell in kept["cells"] for o in cell.get("outputs", ()) if o["output_type"] == "error"]


@pytest.mark.slow
def test_it_runs_over_the_sample_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat = pytest.importorskip("nbformat", reason="the notebook is run with the extra `test`")
    nbclient = pytest.importorskip("nbclient", reason="the notebook is run with the extra `test`")
    pytest.importorskip("matplotlib", reason="the notebook is run with the extra `test`")
    assert run([ROOT / "data/raw"], tmp_path / "clean").exit_status == 0
    monkeypatch.setenv("GONGKAI_OUT", str(tmp_path / "clean"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    where = {"metadata": {"path": str(NOTEBOOK.parent)}}
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", resources=where).execute()
    assert len(outputs(notebook, "image/png")) == 3
    tables = "".join(outputs(notebook, "text/html"))
    assert "莱州市人民政府" in tables
    assert "denied_administrative_query" in tables  # the number that the sums prove wrong
