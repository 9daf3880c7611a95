"""The dataset of China's open-government-information annual reports (政府信息公开工作年度报告), in one line of Python.

    >>> import gongkai
    >>> facts = gongkai.load("facts", years=2020, jurisdictions="3713", verified_only=True)
    >>> facts[facts.row_id == "received"].groupby("publisher").value.max().to_dict()
    {'临沂市兰山区人民政府': 205.0, '沂水县人民政府': 12.0}

Tables are read from a folder that `gongkai run` or `gongkai release` wrote, or from the URL of one. Only the years that
are asked for are opened or fetched, and what is fetched is checked against its checksum and kept. `scan` gives the same
tables unread, for pyarrow, DuckDB and Polars.

    >>> gongkai.load("series", columns=["jurisdiction_code", "year", "received", "granted"])
      jurisdiction_code  year  received  granted
    0            371302  2020     205.0     68.0
    1            371311  2019      93.0     36.0
    2            371323  2020      63.0     32.0
    3            370683  2020     106.0     72.0

Numbers are as the reports print them; what is in doubt says so. Before you use one, look at `verified`, `flags` and
`value_reconciled` (facts), or at `doubts` and `reconciled` (the wide tables and the series). In pandas write
`facts["flags"]`: `facts.flags` is an attribute of every DataFrame.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.dataset as ds

__all__ = ["NoDataset", "cite", "describe", "load", "scan", "tables"]

Source = str | os.PathLike[str]
Years = int | Iterable[int]
Jurisdictions = str | Iterable[str]

_PACKAGE = "datapackage.json"
_FOLDER = "data/clean"
_SECONDS = 60.0  # without a byte from a server, after which it is given up
_PARTITION = re.compile(r"^(\w+)=(\d+)$")


class NoDataset(Exception):
    """There is no dataset at this place, or what was fetched is not what its description says; says what to do."""


@overload
def load(
    table: str,
    *,
    years: Years | None = None,
    jurisdictions: Jurisdictions | None = None,
    verified_only: bool = False,
    standing_only: bool = False,
    columns: Sequence[str] | None = None,
    source: Source | None = None,
    as_: Literal["pandas"] = "pandas",
) -> pd.DataFrame: ...


@overload
def load(
    table: str,
    *,
    years: Years | None = None,
    jurisdictions: Jurisdictions | None = None,
    verified_only: bool = False,
    standing_only: bool = False,
    columns: Sequence[str] | None = None,
    source: Source | None = None,
    as_: Literal["arrow"],
) -> pa.Table: ...


def load(
    table: str,
    *,
    years: Years | None = None,
    jurisdictions: Jurisdictions | None = None,
    verified_only: bool = False,
    standing_only: bool = False,
    columns: Sequence[str] | None = None,
    source: Source | None = None,
    as_: Literal["pandas", "arrow"] = "pandas",
) -> pd.DataFrame | pa.Table:
    """A table of the dataset, or a part of it, as a pandas DataFrame or (`as_="arrow"`) a pyarrow Table.

    - `table`: one of `tables()`: facts, reports, series, requests, …
    - `years`: the years reported on, one or several. 0 stands in facts for a year that was not recognised.
    - `jurisdictions`: GB/T 2260 codes, of which two digits mean a province and four a prefecture with all below them,
      or parts of the Chinese name (`"临沂市"`); one or several.
    - `verified_only`: of the facts, those that two sums which hold contain.
    - `standing_only`: without reports that a newer one of the same publisher and year supersedes. Sums and series want
      it; `series` holds no others.
    - `columns`: these alone, in this order.
    - `source`: a folder, or the URL of one (http, https; others through fsspec, if it is installed). By default the
      folder that the environment names in GONGKAI_OUT, else data/clean.

    Counts are floats and whole numbers with nulls are Int64, so a number that is not there is NA and not 0. Raises
    NoDataset where there is none, KeyError for a table or column, ValueError for a filter that a table has no column
    for, OSError for what cannot be fetched.

    >>> load("facts", years=[2019, 2020], jurisdictions=["莱州市", "371311"]).publisher.unique().tolist()
    ['罗庄区人民政府', '莱州市人民政府']
    >>> load("reports", as_="arrow", columns=["publisher", "year"]).num_rows
    4
    """
    dataset = _Dataset(source)
    found = dataset.select(table, years, jurisdictions, verified_only, standing_only)
    chosen = found.to_table(columns=dataset.columns(table, columns))
    return chosen if as_ == "arrow" else _to_pandas(chosen)


def scan(
    table: str,
    *,
    years: Years | None = None,
    jurisdictions: Jurisdictions | None = None,
    verified_only: bool = False,
    standing_only: bool = False,
    source: Source | None = None,
) -> ds.Dataset:
    """The same, unread: a pyarrow Dataset, which DuckDB, Polars and pyarrow read as far as a query needs.

    >>> facts = scan("facts", years=2020)
    >>> facts.count_rows()
    594
    >>> import duckdb
    >>> duckdb.sql("SELECT count(*) FROM facts WHERE row_id = 'received' AND value > 0").fetchall()
    [(12,)]
    """
    return _Dataset(source).select(table, years, jurisdictions, verified_only, standing_only)


def tables(source: Source | None = None) -> dict[str, str]:
    """The tables there are, each with what one row of it is.

    >>> list(tables())[:3]
    ['facts', 'reports', 'flags']
    """
    return {name: resource["title"] for name, resource in _Dataset(source).resources.items()}


def describe(table: str, source: Source | None = None) -> pd.DataFrame:
    """The columns of a table: name, type, unit, and what it means in English and Chinese.

    >>> describe("series").set_index("name").loc["denied", ["unit", "title_zh"]].to_list()
    ['count', '不予公开']
    """
    import pandas as pd

    fields = _Dataset(source).fields(table)
    about = ("name", "type", "unit", "title_zh", "description", "description_zh")
    return pd.DataFrame([{key: field.get(key) for key in about} for field in fields], columns=list(about))


def cite(source: Source | None = None, style: Literal["text", "bibtex"] = "text") -> str:
    """How to cite exactly these data: with the version, which names the content.

    >>> cite().startswith("The gongkai project. China's open-government-information annual reports")
    True
    """
    package = _Dataset(source).package
    author, version = package["contributors"][0]["title"], package["version"]
    released, licence = package.get("released"), package["licenses"][0]["name"]
    title = f"{package['title']} ({package['title_zh']})"
    if style == "bibtex":
        year = f"  year = {{{released[:4]}}},\n" if released else ""
        key = re.sub(r"\W", "", version)
        return (
            f"@misc{{gongkai{key},\n  author = {{{{{author}}}}},\n  title = {{{{{title}}}}},\n{year}"
            f"  version = {{{version}}},\n  note = {{{package['content']}, {licence}}}\n}}"
        )
    when = f" ({released[:4]})" if released else ""
    return f"{author}{when}. {title}, version {version}. {licence}. {package['content']}"


class _Dataset:
    """A published dataset in a folder or at a URL, known by its datapackage.json."""

    def __init__(self, source: Source | None) -> None:
        given = source if source is not None else os.environ.get("GONGKAI_OUT", _FOLDER)
        self._place = os.fspath(given)
        self._is_url = "://" in self._place

    @cached_property
    def package(self) -> dict[str, Any]:
        """What datapackage.json says."""
        try:
            path = Path(self._place) / _PACKAGE
            text = _read_url(_below(self._place, _PACKAGE)) if self._is_url else path.read_bytes()
            package: dict[str, Any] = json.loads(text)
        except FileNotFoundError:
            raise NoDataset(
                f"{self._place} holds no {_PACKAGE}: `gongkai run` publishes a dataset there, or give another `source`"
            ) from None
        except ValueError:
            raise NoDataset(f"{self._place} holds a {_PACKAGE} that is no JSON; publish or fetch it anew") from None
        if package.get("name") != "gongkai" or "resources" not in package:
            raise NoDataset(f"the {_PACKAGE} in {self._place} describes another dataset")
        return package

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The Parquet resource of each table, with the table's schema, by the table's name."""
        found: dict[str, dict[str, Any]] = {}
        for resource in self.package["resources"]:
            if resource.get("format") == "parquet":
                found[resource["name"].removesuffix("-parquet")] = resource
        for resource in self.package["resources"]:  # a parted table's schema stands with its CSV file
            if "schema" in resource and not resource["name"].endswith("-parquet"):
                about = found.setdefault(resource["name"], {"title": resource["title"], "files": []})
                about.setdefault("schema", resource["schema"])
        return found

    def _resource(self, table: str) -> dict[str, Any]:
        if table not in self.resources:
            raise KeyError(f"there is no table {table!r}; there are {', '.join(self.resources)}")
        return self.resources[table]

    def fields(self, table: str) -> list[dict[str, Any]]:
        fields: list[dict[str, Any]] = self._resource(table)["schema"]["fields"]
        return fields

    def names(self, table: str) -> list[str]:
        return [field["name"] for field in self.fields(table)]

    def columns(self, table: str, wanted: Sequence[str] | None) -> list[str]:
        names = self.names(table)
        if wanted is None:
            return names
        if isinstance(wanted, str):
            raise TypeError(f"columns must be a list of names, as columns=[{wanted!r}]")
        if unknown := [name for name in wanted if name not in names]:
            raise KeyError(f"{table} has no column {unknown[0]!r}; describe({table!r}) lists those it has")
        return list(wanted)

    def select(
        self,
        table: str,
        years: Years | None,
        jurisdictions: Jurisdictions | None,
        verified_only: bool,
        standing_only: bool,
    ) -> ds.Dataset:
        import pyarrow.compute as pc

        names = self.names(table)
        wanted = None if years is None else sorted(set(years) if isinstance(years, Iterable) else {years})
        found = self._open(table, wanted)
        filters: list[Any] = []
        of_report: list[Any] = []  # what the table has no column for is asked of its reports
        if wanted is not None:
            (filters if "year" in names else of_report).append(pc.field("year").isin(wanted))
        if jurisdictions is not None:
            where = filters if {"jurisdiction_code", "jurisdiction_name"} <= set(names) else of_report
            where.append(_within([jurisdictions] if isinstance(jurisdictions, str) else list(jurisdictions)))
        if standing_only:
            (filters if "superseded_by" in names else of_report).append(pc.field("superseded_by").is_null())
        if verified_only:
            if "verified" not in names:
                raise ValueError(f"{table} has no column `verified`: verified_only is for facts")
            filters.append(pc.field("verified"))
        if of_report:
            if "report_id" not in names:
                raise ValueError(f"{table} is no table of reports: it has no years, jurisdictions or standing reports")
            reports = self._open("reports", None).to_table(columns=["report_id"], filter=_all(of_report))
            filters.append(pc.field("report_id").isin(reports["report_id"].combine_chunks()))
        return found.filter(_all(filters)) if filters else found

    def _open(self, table: str, years: Sequence[int] | None) -> ds.Dataset:
        """The files of a table, of a parted one those of `years`."""
        import pyarrow as pa
        import pyarrow.dataset as ds

        files = []
        for file in self._resource(table)["files"]:
            part = _PARTITION.match(file["path"].rpartition("/")[0].rpartition("/")[2])
            if years is None or part is None or int(part[2]) in years:
                files.append(str(self._file(file, part[0] if part else "")))
        schema = _arrow_schema(self.fields(table))
        if not files:
            return ds.dataset(pa.Table.from_batches([], schema=schema))
        parting = ds.partitioning(pa.schema([("year", pa.int64())]), flavor="hive")
        return ds.dataset(files, schema=schema, format="parquet", partitioning=parting)

    def _file(self, file: Mapping[str, Any], part: str) -> Path:
        """Where a file lies; one at a URL is fetched, unless it was before."""
        path = str(file["path"])
        if path.startswith("/") or ".." in path.split("/") or ":" in path:
            raise NoDataset(f"the {_PACKAGE} of {self._place} names the file {path}, which lies outside of it")
        if not self._is_url:
            return Path(self._place) / path
        sha256 = str(file["hash"]).removeprefix("sha256:")
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise NoDataset(f"the {_PACKAGE} of {self._place} gives no sha256 for {path}")
        kept = _cache() / sha256 / part / Path(path).name
        if not kept.exists():
            data = _read_url(_below(self._place, path))
            if hashlib.sha256(data).hexdigest() != sha256:
                raise NoDataset(f"{path} at {self._place} is not as {_PACKAGE} says: it was published anew; try again")
            kept.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as draft:
                draft.write(data)
            os.replace(draft.name, kept)
        return kept


def _cache() -> Path:
    """Where fetched files are kept, each under its sha256."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gongkai"


def _all(filters: Sequence[Any]) -> Any:
    whole = filters[0]
    for one in filters[1:]:
        whole = whole & one
    return whole


def _within(places: Sequence[str]) -> Any:
    """The reports of these divisions: by code, of which two or four digits are a whole province or prefecture, or by a
    part of the name."""
    import pyarrow as pa
    import pyarrow.compute as pc

    code, name = pc.field("jurisdiction_code"), pc.field("jurisdiction_name")
    found = pc.scalar(False)
    for place in places:
        if not isinstance(place, str) or not place:
            raise TypeError(f"jurisdictions are codes or names, as text: {place!r} is not")
        if not place.isdecimal():
            found = found | pc.match_substring(name, place)
        elif len(place) == 6:
            found = found | (code == pa.scalar(place))
        elif len(place) in (2, 4):  # as a range, by which whole row groups are passed over
            found = found | ((code >= place.ljust(6, "0")) & (code <= place.ljust(6, "9")))
        else:
            raise ValueError(f"the code {place} has {len(place)} digits: give 2 (province), 4 (prefecture) or all 6")
    return found


def _arrow_schema(fields: Iterable[Mapping[str, Any]]) -> pa.Schema:
    import pyarrow as pa

    types = {
        "string": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
    }
    return pa.schema([(field["name"], types[field["type"]]) for field in fields])


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    whole = {pa.int64(): pd.Int64Dtype()}
    frame: pd.DataFrame = table.to_pandas(types_mapper=whole.get, date_as_object=False)
    return frame


def _below(place: str, name: str) -> str:
    """The URL of a file below a folder's."""
    return urljoin(place.rstrip("/") + "/", name)


def _read_url(url: str) -> bytes:
    if urlsplit(url).scheme in ("http", "https", "file"):
        try:
            with urlopen(url, timeout=_SECONDS) as answer:
                data: bytes = answer.read()
                return data
        except HTTPError as error:
            raise NoDataset(f"{url} cannot be fetched: the server says {error.code} {error.reason}") from None
    try:
        import fsspec
    except ImportError:
        raise NoDataset(f"{url} needs the library fsspec, and what fsspec needs for such a URL") from None
    with fsspec.open(url, "rb") as file:
        read: bytes = file.read()
        return read
