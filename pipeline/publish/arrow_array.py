"""A column of Python values as an Arrow array, without pandas where that is not loaded yet.

`pyarrow.array` asks of every list whether it is a Series of pandas, and loads pandas for that: a quarter of a second,
more than reading, checking and publishing a small input takes otherwise. So numpy fills the buffers then, which is five
times slower an array; who has thousands of reports to write loads pandas first (`for_many`). The arrays are the same.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import date
from itertools import accumulate
from operator import index
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_DAY_0 = date(1970, 1, 1).toordinal()
_TRUTH = {True: True, False: False, None: False}
_LARGEST = 2**31 - 1  # bytes of the texts of one array


def array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """The array of `values`, None being null, of a type that the published tables have: string, int64, float64, bool
    or date32. Raises TypeError for another type, OverflowError for texts of more than 2 GB."""
    import pyarrow as pa

    return pa.array(values, kind) if "pandas" in sys.modules else filled(values, kind)


def for_many() -> None:
    """Make `array` fast from now on, in this process."""
    import pandas  # noqa: F401


def filled(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """`array`, where pandas is not loaded."""
    import numpy as np
    import pyarrow as pa

    present = np.fromiter((value is not None for value in values), np.bool_, len(values))
    nulls = None if present.all() else _bits(present)
    if pa.types.is_string(kind):
        texts = [b"" if value is None else value.encode() for value in values]
        ends = list(accumulate(map(len, texts), initial=0))
        if ends[-1] > _LARGEST:
            raise OverflowError("the texts of one column in one row group take more than 2 GB")
        buffers = [nulls, pa.py_buffer(np.array(ends, np.int32)), pa.py_buffer(b"".join(texts))]
    elif pa.types.is_boolean(kind):
        buffers = [nulls, _bits(np.array([_TRUTH[value] for value in values], np.bool_))]
    else:
        number, of = _numbers(kind)
        filled = (0 if value is None else of(value) for value in values)
        buffers = [nulls, pa.py_buffer(np.fromiter(filled, number, len(values)))]
    return pa.Array.from_buffers(kind, len(values), buffers)


def _numbers(kind: pa.DataType) -> tuple[str, Callable[[Any], int | float]]:
    """How the values of a type are stored, and what of each."""
    import pyarrow as pa

    if pa.types.is_int64(kind):
        return "<i8", index
    if pa.types.is_float64(kind):
        return "<f8", float
    if pa.types.is_date32(kind):
        return "<i4", lambda day: day.toordinal() - _DAY_0
    raise TypeError(f"no column of a published table has the type {kind}")


def _bits(present: Any) -> pa.Buffer:
    import numpy as np
    import pyarrow as pa

    return pa.py_buffer(np.packbits(present, bitorder="little"))
