"""`gongkai release`: a published dataset → a dated, checksummed, self-contained folder that can be cited.

The order is in `release`. The tables are copied and proven to be what was published; all else is made from them:
databases, copies for spreadsheets, the changes since the release before, the papers, the description, the checksums.
A release is built beside its place and renamed to it at the end, so that a folder of its name is whole.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import ZipFile

from pipeline.gate import Bounds, examine
from pipeline.publish import facts_of
from pipeline.publish.datapackage import NAME, FileFacts, printed_package, resources_of
from pipeline.publish.dictionary import RELEASED, dictionary, dictionary_page
from pipeline.publish.schema import PACKAGE, TABLES
from pipeline.release.archive import write_archive
from pipeline.release.changes import Counts, write_changes
from pipeline.release.databases import build_duckdb, build_sqlite
from pipeline.release.papers import Name, write_papers
from pipeline.release.spreadsheets import FOLDER, write_spreadsheets

SUMS = "SHA256SUMS"
_PREFIX = "gongkai-"
Tell = Callable[[str], None]


class NotReleased(Exception):
    """Nothing was released; `reasons` say why, a sentence each."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class GateHolds(NotReleased):
    """The gate does not let these tables follow the release before; its reasons."""


@dataclass(frozen=True, slots=True)
class Released:
    """A release: its folder, its name, what changed since the release `before`, and its archive if one was asked for.
    `anew` is false where the last release already holds the same data, and stands."""

    folder: Path
    version: str
    before: str | None
    counts: Counts
    archive: Path | None = None
    anew: bool = True


def release(
    dataset: Path,
    releases: Path,
    day: date,
    *,
    before: Path | None = None,
    archive: bool = False,
    despite: str | None = None,
    bounds: Bounds | None = None,
    tell: Tell | None = None,
) -> Released:
    """Release what is published in the folder `dataset` as a folder below `releases`, dated `day`.

    `before` is the release before (a folder, or the archive of one); by default the last one below `releases`. Where
    the gate does not hold, nothing is released, unless `despite` says why it shall be all the same. Raises
    NotReleased, `databases.NoDuckDB`, OSError.
    """
    tell = tell or _silent
    releases.mkdir(parents=True, exist_ok=True)
    package = _package(dataset)
    content = str(package["content"]).removeprefix("sha256:")
    day_of = f"{day.year}.{day.month}.{day.day}"
    name = Name(f"{day_of}+{content[:12]}", content, day)
    target = releases / name.folder
    last = before if before is not None else last_release(releases)
    with _opened(last) as old:
        if last is not None and old is not None and _package(old)["content"] == package["content"]:
            return Released(last, _package(old)["version"], None, Counts({}, {}), anew=False)
        if target.exists():
            raise NotReleased(f"{target} is there already, with other data: remove it, or give the release another day")
        with tempfile.TemporaryDirectory(dir=releases, prefix=".new-") as new:
            folder = Path(new) / name.folder
            tell("copying")
            _copy(dataset, package, folder)
            tell("checking")
            verdict = examine(old, folder, bounds or Bounds())
            if not verdict.passes and despite is None:
                raise GateHolds(*verdict.reasons)
            anyway = (*verdict.reasons, despite or "") if not verdict.passes else ()
            tell("comparing")
            counts = write_changes(old, folder, folder)
            former = _package(old)["version"] if old is not None else None
            _fill(folder, name, counts, former, anyway, package, tell)
            packed = write_archive(folder, Path(new), tell) if archive else None
            folder.rename(target)
            if packed is not None:
                packed.rename(releases / packed.name)
    return Released(target, name.version, former, counts, releases / packed.name if packed else None)


def last_release(releases: Path) -> Path | None:
    """The last release below a folder by its date: a folder, or an archive where the folder is gone."""
    found: dict[str, Path] = {}
    for path in sorted(releases.glob(f"{_PREFIX}*")):
        stem = path.name.removesuffix(".zip")
        is_release = _is_day(stem.removeprefix(_PREFIX)) and (path.suffix == ".zip" or (path / PACKAGE).is_file())
        if is_release and (stem not in found or path.is_dir()):
            found[stem] = path
    return found[max(found)] if found else None


def _fill(
    folder: Path,
    name: Name,
    counts: Counts,
    before: str | None,
    despite: tuple[str, ...],
    package: Mapping[str, Any],
    tell: Tell,
) -> None:
    """All that a release holds besides the tables, which lie in `folder`."""
    tables = (*TABLES, *RELEASED)
    about = {"title": package["title"], "version": name.version, "citation": name.citation, "content": name.content}
    tell("DuckDB")
    build_duckdb(folder, tables, about, folder / f"{NAME}.duckdb")
    tell("SQLite")
    build_sqlite(folder, tables, about, folder / f"{NAME}.sqlite")
    tell("spreadsheets")
    write_spreadsheets(folder, tables)
    (folder / "dictionary.md").write_text(dictionary(), encoding="utf-8", newline="\n")
    (folder / "dictionary.html").write_text(dictionary_page(), encoding="utf-8", newline="\n")
    write_papers(folder, name, counts, before, despite)
    tell("checksums")
    files = {path.relative_to(folder).as_posix(): facts_of(path) for path in _files(folder)}
    (folder / PACKAGE).write_text(_described(name, package, files), encoding="utf-8", newline="\n")
    sums = [f"{facts.sha256}  {path}\n" for path, facts in (files | {PACKAGE: facts_of(folder / PACKAGE)}).items()]
    (folder / SUMS).write_text("".join(sorted(sums, key=lambda line: line[66:])), encoding="utf-8", newline="\n")


def _package(folder: Path) -> dict[str, Any]:
    """What the datapackage.json of a dataset or release says."""
    try:
        package: dict[str, Any] = json.loads((folder / PACKAGE).read_text(encoding="utf-8"))
        if package["name"] != NAME or "content" not in package:
            raise NotReleased(f"the {PACKAGE} in {folder} is not of a dataset of this program, or of an old one")
    except FileNotFoundError:
        raise NotReleased(f"{folder} holds no {PACKAGE}: give the folder that `gongkai run` published in") from None
    except (ValueError, KeyError, TypeError):
        raise NotReleased(f"the {PACKAGE} in {folder} is damaged: publish the dataset anew") from None
    return package


def _copy(dataset: Path, package: Mapping[str, Any], folder: Path) -> None:
    """Copy the published files; raise NotReleased where one is not what datapackage.json says of it."""
    for table in TABLES:
        if table.partition:  # one without rows has no files
            (folder / table.name).mkdir(parents=True)
    files = {}
    for resource in package["resources"]:
        for file in resource.get("files") or [resource]:
            files[str(file["path"])] = str(file["hash"])
    for path, said in files.items():
        if path.startswith("/") or ".." in PurePosixPath(path).parts:
            raise NotReleased(f"the {PACKAGE} in {dataset} names {path}, which lies outside of it")
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(dataset / path, target)
        except FileNotFoundError:
            raise NotReleased(f"{dataset / path} is gone: run `gongkai run` again, which puts it back") from None
        if f"sha256:{facts_of(target).sha256}" != said:
            raise NotReleased(
                f"{dataset / path} is not what was published: wait for a run that is at work, or call `gongkai run`"
            )


def _described(name: Name, package: Mapping[str, Any], files: Mapping[str, FileFacts]) -> str:
    """The datapackage.json of the release: the tables as they were described, what it adds, and its name."""
    others = []
    for path, facts in sorted(files.items()):
        if path in (f"{NAME}.duckdb", f"{NAME}.sqlite", "dictionary.html", "README.md", "CHANGES.md"):
            title, form = _OTHERS[path]
        elif path.startswith(f"{FOLDER}/"):
            title, form = "A copy for spreadsheets, in which text that they would evaluate is disarmed", "csv"
        else:
            continue
        key = path.lower().replace("/", "-").replace(".", "-").replace("_", "-")
        measure = {"bytes": facts.bytes, "hash": f"sha256:{facts.sha256}"}
        # Not as `bytes` and `hash` of the resource: validators read those of text in their own way.
        about = {"name": key, "type": "file", "title": title, "path": path, "format": form}
        others.append({**about, "files": [{"path": path, **measure}]})
    added = [resource for table in RELEASED for resource in resources_of(table, files)]
    more = {"released": name.day.isoformat(), "citation": name.citation, "made_from": package["version"]}
    resources = [*package["resources"], *added, *others]
    return printed_package(name.version, name.content, resources, **more)


_OTHERS = {
    f"{NAME}.duckdb": ("All tables as one DuckDB file, with views", "duckdb"),
    f"{NAME}.sqlite": ("All tables as one SQLite file, with keys and views", "sqlite"),
    "dictionary.html": ("Data dictionary in English and Chinese", "html"),
    "README.md": ("What this is, and how to use it", "md"),
    "CHANGES.md": ("What changed since the release before", "md"),
}


@contextmanager
def _opened(place: Path | None) -> Iterator[Path | None]:
    """The folder of a release; of an archive, as far as two releases are compared by it, unpacked for a while."""
    if place is None or place.is_dir():
        yield place
        return
    if not place.is_file():
        raise NotReleased(f"{place} is no release: give the folder of one, or its archive")
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".old-") as unpacked, ZipFile(place) as archive:
        for member in archive.namelist():
            if member.endswith((".parquet", f"/{PACKAGE}", "/facts.csv")):
                archive.extract(member, unpacked)
        folders = [path.parent for path in Path(unpacked).glob(f"*/{PACKAGE}")]
        if len(folders) != 1:
            raise NotReleased(f"{place} is no archive of a release")
        yield folders[0]


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _silent(stage: str) -> None:
    """Progress that nobody watches."""
