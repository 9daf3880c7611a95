"""data/raw/sources.csv: where reports are published. Written by people; read here, and every mistake named by its line.

One line is one address: a list of reports (`follow` says which of its links lead to them) or, without `follow`, a
document or the page of one.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pipeline import jurisdictions
from pipeline.harvest.urls import absolute

if TYPE_CHECKING:
    import regex

FILE = "sources.csv"
"""The name under which it lies at the top of an INPUT folder; it is never read as a report."""

COLUMNS = (
    "jurisdiction",
    "publisher",
    "url",
    "follow",
    "from_year",
    "to_year",
    "status",
    "status_date",
    "status_reason",
    "note",
)
STATUSES = ("active", "paused", "gone")
"""Only `active` sources are asked. The others say since when and why not."""

FIRST_YEAR, LAST_YEAR = 2007, 2100  # the Regulations (国务院令第492号) are of 2007
_MATCH_SECONDS = 0.2
_REPORT_YEAR = re.compile(
    r"(20\d\d)\s*(?:年度?)?(?=(?:\s*[、,和及与至到~—-]\s*20\d\d\s*(?:年度?)?)*\D{0,40}(?:年度报告|年报|工作报告|信息公开))"
)
_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a line (1-based, as an editor shows it), and what to do."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class BadSources(ValueError):
    """The file is no table of sources; the message names each line in doubt."""


@dataclass(frozen=True)
class Source:
    """One line. `follow` is a regular expression that is searched in a link's address and in its text."""

    jurisdiction: str | None
    publisher: str
    url: str
    follow: str | None = None
    from_year: int | None = None
    to_year: int | None = None
    status: str = "active"
    status_date: str | None = None
    status_reason: str | None = None
    note: str | None = None
    line: int = 0

    @cached_property
    def source_id(self) -> str:
        """Stays the same when the pattern, the years, the status or the notes of a line are edited."""
        named = "\n".join((self.jurisdiction or "", self.publisher, self.url))
        return hashlib.sha256(named.encode()).hexdigest()[:12]

    @property
    def active(self) -> bool:
        return self.status == "active"

    def leads_to(self, address: str, text: str) -> bool:
        """Whether a link of its list is one to follow."""
        pattern = self._pattern
        return pattern is not None and any(map(_searching(pattern), (address, unquote(address), text)))

    def covers(self, year: int | None) -> bool:
        """Whether a report on this year is wanted; one whose year is not known is."""
        return year is None or ((self.from_year or 0) <= year <= (self.to_year or LAST_YEAR))

    @cached_property
    def _pattern(self) -> regex.Pattern[str] | None:
        import regex

        return None if self.follow is None else regex.compile(self.follow)


def year_in(text: str) -> int | None:
    """The year reported on that a link's text names (2020 for 某区2020年政府信息公开工作年度报告), None when it names
    none or several."""
    found = {int(year) for year in _REPORT_YEAR.findall(unicodedata.normalize("NFKC", text))}
    return found.pop() if len(found) == 1 else None


def choose(
    sources: Iterable[Source], years: Iterable[int] | None = None, codes: Iterable[str] | None = None
) -> list[Source]:
    """The active sources that may have reports on one of `years` and lie in one of the divisions `codes` (GB/T 2260,
    a province's or prefecture's code stands for all in it)."""
    wanted, places = None if years is None else set(years), None if codes is None else set(codes)
    return [
        source
        for source in sources
        if source.active
        and (wanted is None or any(map(source.covers, wanted)))
        and (places is None or _lies_in(source.jurisdiction, places))
    ]


def load(path: str | Path) -> list[Source]:
    """The sources of a file. Raises BadSources with all that is wrong, FileNotFoundError, OSError."""
    sources, problems = read(path)
    if problems:
        shown = [f"{Path(path).name} {problem}" for problem in problems[:_SHOWN]]
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        raise BadSources("\n".join([*shown, *more]))
    return sources


def read(path: str | Path) -> tuple[list[Source], list[Problem]]:
    """The lines that are right, and what is wrong with the others. Raises FileNotFoundError, OSError."""
    data = Path(path).read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return [], [Problem(line, "not UTF-8; save the file as CSV in UTF-8")]
    sources: list[Source] = []
    problems: list[Problem] = []
    first: dict[tuple[str, str], int] = {}
    for line, row in _rows(text, problems):
        wrong = [Problem(line, message) for message in _wrong_with(row)]
        if not wrong:
            source = _source(row, line)
            before = first.setdefault((source.url, source.publisher), line)
            if before != line:
                wrong = [Problem(line, f"the same url and publisher as line {before}; keep one of the two")]
            else:
                sources.append(source)
        problems.extend(wrong)
    return sources, sorted(problems, key=lambda problem: problem.line)


def _rows(text: str, problems: list[Problem]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by column) of each row; what is no row of the table is a problem."""
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    end = 0
    while True:
        line = end + 1
        try:
            row = next(lines, None)
        except csv.Error as error:
            problems.append(Problem(line, f"no CSV from here on ({error}); look for a stray quotation mark"))
            return
        end = lines.line_num
        if row is None:
            break
        if not any(cell.strip() for cell in row):
            continue
        if header is None:
            header = [cell.strip() for cell in row]
            if not _is_header(header, line, problems):
                return
        elif len(row) != len(header):
            problems.append(Problem(line, f"{len(row)} cells where the header has {len(header)}; look for a comma"))
        else:
            yield line, {name: cell.strip() for name, cell in zip(header, row, strict=True)}
    if header is None:
        problems.append(Problem(1, f"empty; its header is {','.join(COLUMNS)}"))


def _is_header(header: list[str], line: int, problems: list[Problem]) -> bool:
    missing = [name for name in ("jurisdiction", "publisher", "url", "follow") if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    twice = sorted({name for name in header if header.count(name) > 1})
    for names, what in ((missing, "lacks"), (unknown, "has unknown columns:"), (twice, "has twice:")):
        if names:
            problems.append(Problem(line, f"the header {what} {', '.join(names)}; it is {','.join(COLUMNS)}"))
    return not (missing or unknown or twice)


def _source(row: dict[str, str], line: int) -> Source:
    values: dict[str, Any] = {name: row.get(name) or None for name in COLUMNS}
    values["url"] = absolute(row["url"], row["url"])
    values["status"] = values["status"] or "active"
    for name in ("from_year", "to_year"):
        values[name] = int(values[name]) if values[name] else None
    return Source(**values, line=line)


def _wrong_with(row: dict[str, str]) -> Iterator[str]:
    """What is wrong with a row, one sentence each."""
    if row["jurisdiction"]:
        yield from _wrong_jurisdiction(row["jurisdiction"])
    if not row["publisher"]:
        yield "publisher is empty; name the body whose reports these are"
    yield from _wrong_url(row["url"])
    if row["follow"]:
        import regex

        try:
            regex.compile(row["follow"])
        except regex.error as error:
            yield f"follow is no regular expression ({error}); the signs . ( ) [ ] + ? * of an address take a \\ before"
    years = {}
    for name in ("from_year", "to_year"):
        cell = row.get(name, "")
        if cell and not (cell.isascii() and cell.isdigit() and FIRST_YEAR <= int(cell) <= LAST_YEAR):
            yield f"{name} {cell!r} is no year from {FIRST_YEAR} on"
        elif cell:
            years[name] = int(cell)
    if len(years) == 2 and years["from_year"] > years["to_year"]:
        yield f"from_year {years['from_year']} comes after to_year {years['to_year']}"
    yield from _wrong_status(row.get("status", ""), row.get("status_date", ""), row.get("status_reason", ""))


def _wrong_jurisdiction(code: str) -> Iterator[str]:
    if not re.fullmatch(r"\d{6}", code, re.ASCII):
        found = jurisdictions.named(code) if not code.isascii() else ()
        hint = f"; {found[0].code}?" if len(found) == 1 else "; a code of GB/T 2260 has six digits"
        yield f"jurisdiction {code!r} is no code{hint}"
    elif not any(division.code == code for division in jurisdictions.divisions()):
        yield f"jurisdiction {code} is no division of GB/T 2260 since 2008; see docs/jurisdictions.md"


def _wrong_url(url: str) -> Iterator[str]:
    if not url:
        yield "url is empty"
        return
    plain = unicodedata.normalize("NFKC", url)
    if not url.lower().startswith(("http://", "https://")):
        said = "" if "://" in url else f"; https://{plain}?"
        yield f"url {url!r} does not begin with http:// or https://{said}"
        return
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        yield f"url {url!r} is no address ({error})"
        return
    if not host or absolute(url, url) is None:
        yield f"url {url!r} is no address; copy it from the browser"
    elif parts.username is not None:
        yield "url holds a user name; a public report needs none"
    elif re.search(r"\s|[，。：；／．]", url):
        yield f"url {url!r} holds a blank or a full-width sign; copy it from the browser"


def _wrong_status(status: str, when: str, reason: str) -> Iterator[str]:
    if status and status not in STATUSES:
        yield f"status {status!r} is none of {', '.join(STATUSES)}"
        return
    if status in ("paused", "gone") and not (when and reason):
        yield f"status {status} needs a status_date and a status_reason: since when, and why"
    if when:
        try:
            date.fromisoformat(when)
        except ValueError:
            yield f"status_date {when!r} is no date; write 2026-01-31"


def _lies_in(code: str | None, places: set[str]) -> bool:
    if code is None:
        return False
    return code in places or any(
        places & set(division.parents) for division in jurisdictions.divisions() if division.code == code
    )


def _searching(pattern: regex.Pattern[str]) -> Any:
    def found(text: str) -> bool:
        try:
            return pattern.search(text[:1_000], timeout=_MATCH_SECONDS) is not None
        except TimeoutError:
            return False

    return found
