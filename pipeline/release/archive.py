"""A release as one .zip that says the same, byte for byte, whenever and wherever it is packed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

_BEGINNING = (1980, 1, 1, 0, 0, 0)  # of the time that a .zip knows
_DENSE = (".parquet", ".duckdb")  # packed already


def write_archive(folder: Path, target: Path, tell: Callable[[str], None]) -> Path:
    """Pack `folder`, under its own name, as a .zip in `target`; return its path."""
    tell("archive")
    path = target / f"{folder.name}.zip"
    with ZipFile(path, "w", allowZip64=True) as archive:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            info = ZipInfo(f"{folder.name}/{file.relative_to(folder).as_posix()}", _BEGINNING)
            info.compress_type = ZIP_STORED if file.suffix in _DENSE else ZIP_DEFLATED
            info.create_system, info.external_attr = 3, 0o644 << 16
            with file.open("rb") as source, archive.open(info, "w", force_zip64=True) as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
    return path
