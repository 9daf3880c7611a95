"""The arrays of published columns: as pyarrow makes them, without the libraries that it would load for them."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.publish.arrow_array import array, filled, for_many

COLUMNS: list[tuple[list[Any], pa.DataType]] = [
    (["", "临沂市", None, 'a\n"b"', "\U00020000"], pa.string()),
    (["x"] * 9, pa.string()),
    ([None] * 17, pa.string()),
    ([0, -1, None, 2**62], pa.int64()),
    ([1.5, None, -0.0, 123456789012345.0, 3], pa.float64()),
    ([True, None, False] * 7, pa.bool_()),
    ([date(1970, 1, 1), None, date(2024, 2, 29), date(1949, 10, 1)], pa.date32()),
]


@pytest.mark.parametrize(("values", "kind"), [*COLUMNS, *(([], kind) for _, kind in COLUMNS)])
def test_an_array_is_what_pyarrow_makes_of_the_values(values: list[Any], kind: pa.DataType) -> None:
    for_many()
    for made in (filled(values, kind), array(values, kind)):
        made.validate(full=True)
        assert made.equals(pa.array(values, kind))
        assert made.null_count == values.count(None)


@pytest.mark.parametrize(
    ("values", "kind"), [([1.5], pa.int64()), (["1"], pa.int64()), (["yes"], pa.bool_()), ([1], pa.binary())]
)
def test_a_value_of_another_type_is_an_error(values: list[Any], kind: pa.DataType) -> None:
    with pytest.raises((TypeError, KeyError)):
        filled(values, kind)


def test_a_run_loads_no_pandas_and_its_parent_nothing_that_reads(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("政府信息公开工作年度报告\n无\n", encoding="utf-8")
    code = (
        "import sys\n"
        "from pipeline.run import run\n"
        f"run([{str(tmp_path / 'note.txt')!r}], {str(tmp_path / 'out')!r})\n"
        "reading = {'pipeline.align', 'pipeline.narrative', 'pipeline.noise.flagging', 'pipeline.identify.identity'}\n"
        "print(sorted(({'pandas'} | reading) & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == ["[]"]
