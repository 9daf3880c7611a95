"""Human corrections: corrections.csv → reports with what a person decided beside what was published.

One line is one cell of one source (by the sha256 of its bytes), what was found printed there and what it must be, with
the reason, who says so and when. `value` and `value_raw` stay as published; `value_reconciled` takes the correction,
and the other cells are reconciled anew beside it. Corrections are applied when the dataset is built, never to what is
cached, so they survive every run and every change of the program.

Each is a tripwire: one that finds another text in its cell than `printed`, or no such cell or source, is not applied,
flagged `correction_failed`, and makes the run end in a status of its own.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from pipeline import vocabulary
from pipeline.model import Fact, Flag, Report
from pipeline.remote.files import RemoteFile, exists, is_url, plain

FILE = "corrections.csv"
"""The name that is looked for at the top of each INPUT folder."""

COLUMNS = ("sha256", "table_id", "row_id", "column_id", "printed", "corrected", "reason", "who", "date")
_SHOWN = 20
_PROVEN = ("reconciled", "reconcile_ties")


class BadCorrections(ValueError):
    """The file is no table of corrections; the message names each line in doubt, and what to do."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One line. `corrected` is in the published unit of the cell; equal to what is printed, it confirms that."""

    sha256: str
    table_id: str
    row_id: str
    column_id: str
    printed: str
    corrected: Decimal
    reason: str
    who: str
    date: str
    where: str  # file name and line, for messages

    @property
    def key(self) -> tuple[str, str, str]:
        return self.table_id, self.row_id, self.column_id


@dataclass(frozen=True, slots=True)
class Corrections:
    """All corrections of a run, by the sha256 of their source. `digest` changes with anything in the files."""

    paths: tuple[str, ...] = ()
    digest: str = ""
    by_source: tuple[tuple[str, tuple[Correction, ...]], ...] = ()

    def lost(self, found: Iterable[str]) -> list[str]:
        """A sentence for each correction whose source is not among those `found` (sha256)."""
        known = set(found)
        return [
            f"{c.where}: no file of this sha256 ({c.sha256[:16]}…) is in the input; if its source was published anew, "
            "look at the new one and give its sha256, else remove the line"
            for sha256, corrections in self.by_source
            if sha256 not in known
            for c in corrections
        ]


def beside(inputs: Iterable[str | os.PathLike[str]]) -> list[Path | RemoteFile]:
    """The corrections.csv at the top of each INPUT that is a folder or a URL, where there is one. Raises
    `remote.files.Unreachable` for a URL that cannot be looked at."""
    inputs = list(inputs)
    here = sorted({path for i in inputs if (path := Path(i) / FILE).is_file()})
    at_urls = sorted({RemoteFile(f"{plain(i)}/{FILE}") for i in inputs if is_url(i)})
    return [*here, *(file for file in at_urls if exists(file.url))]


def load(paths: Sequence[Path | RemoteFile]) -> Corrections:
    """Read and check files of corrections. Raises BadCorrections, with all that is wrong."""
    found: dict[tuple[str, tuple[str, str, str]], Correction] = {}
    errors: list[str] = []
    digest = hashlib.sha256()
    for path in paths:
        try:
            data = path.read_bytes()
        except OSError as error:
            errors.append(f"{path}: cannot be read ({(error.strerror or type(error).__name__).lower()})")
            continue
        digest.update(b"%d " % len(data) + data)
        for correction in _read(path, data, errors):
            first = found.setdefault((correction.sha256, correction.key), correction)
            if first is not correction:
                errors.append(f"{correction.where}: corrects the same cell as {first.where}; keep one of the two")
    if errors:
        more = [f"and {len(errors) - _SHOWN} more"] if len(errors) > _SHOWN else []
        raise BadCorrections("\n".join([*errors[:_SHOWN], *more]))
    by_source: dict[str, list[Correction]] = {}
    for _, correction in sorted(found.items(), key=lambda item: item[0]):
        by_source.setdefault(correction.sha256, []).append(correction)
    return Corrections(
        tuple(os.path.realpath(path) for path in paths),
        digest.hexdigest() if paths else "",
        tuple((sha256, tuple(corrections)) for sha256, corrections in by_source.items()),
    )


def _read(path: Path | RemoteFile, data: bytes, errors: list[str]) -> Iterable[Correction]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        errors.append(f"{path.name} line {line}: not UTF-8; save it as CSV in UTF-8")
        return
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    end = 0
    header: list[str] | None = None
    while True:
        where = f"{path.name} line {end + 1}"
        try:
            row = next(lines, None)
        except csv.Error as error:
            errors.append(f"{where}: no CSV ({error}); quote fields that hold a comma, a quote or a line break")
            return
        end = lines.line_num
        if row is None:
            break
        row = [cell.strip() for cell in row]
        if not any(row):
            continue
        if header is None:
            header = row
            if sorted(header) != sorted(COLUMNS):
                errors.append(f"{where}: the header must name {','.join(COLUMNS)}, each once; it is {','.join(row)}")
                return
        elif len(row) != len(header):
            errors.append(f"{where}: {len(row)} fields for {len(header)} columns; quote fields that hold a comma")
        else:
            fields = dict(zip(header, row, strict=True))
            wrong = list(_wrong(fields))
            errors.extend(f"{where}: {sentence}" for sentence in wrong)
            if not wrong:
                corrected = Decimal(fields.pop("corrected"))
                yield Correction(**fields | {"sha256": fields["sha256"].lower()}, corrected=corrected, where=where)
    if header is None:
        errors.append(f"{path.name}: empty; its first line must be {','.join(COLUMNS)}")


def _wrong(fields: dict[str, str]) -> Iterable[str]:
    """What is wrong with a line, a sentence each."""
    if not re.fullmatch(r"[0-9a-fA-F]{64}", fields["sha256"]):
        yield f"sha256 is {fields['sha256']!r}, not 64 hexadecimal digits; copy it from reports.csv"
    key = fields["row_id"], fields["column_id"]
    units = {
        form.unit(key[1])
        for template in vocabulary.TEMPLATES
        if fields["table_id"] in vocabulary.TABLES
        and key in set((form := vocabulary.form(template, fields["table_id"])).cells())
    }
    if not units:
        yield (
            f"no form has a cell {fields['table_id']}.{key[0]}.{key[1]}; "
            "copy table_id, row_id and column_id from facts.csv"
        )
    sign = "-?" if key[1] == "change" else ""
    places = r"(\.\d+)?" if units == {"CNY_10k"} else ""
    if not re.fullmatch(rf"{sign}\d+{places}", fields["corrected"], re.ASCII):
        yield (
            f"corrected is {fields['corrected']!r}, not a number as this cell may hold; write digits alone, "
            "an amount in 万元"
        )
    for name in ("reason", "who"):
        if not fields[name]:
            yield f"{name} is empty; say {'why' if name == 'reason' else 'who decided'}"
    if not _is_date(fields["date"]):
        yield f"date is {fields['date']!r}; write it as 2024-05-31"


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def correct(report: Report, corrections: Sequence[Correction]) -> Report:
    """The report with its corrections: applied where `printed` is what the cell says, else flagged as failed."""
    from pipeline.narrative import numbers_told  # few runs have corrections
    from pipeline.reconcile import reconcile

    facts = {fact.key: fact for fact in report.facts}
    applied: dict[tuple[str, str, str], Correction] = {}
    failed: list[Flag] = []
    for correction in corrections:
        fact = facts.get(correction.key)
        if fact is None or _plain(fact.value_raw) != _plain(correction.printed):
            failed.append(_failed(correction, fact, report))
        else:
            applied[correction.key] = correction
    if not applied:
        return replace(report, flags=(*report.flags, *failed))
    known = [_as_printed(fact, applied.get(fact.key)) for fact in report.facts]
    proven, repairs = reconcile(known, numbers_told(report.claims, known), report.format)
    flags = [flag for flag in report.flags if flag.kind not in _PROVEN]
    # What was proven with the printed number may not follow from the corrected one; a corrected cell is settled.
    flags += [flag for flag in repairs if flag.kind in _PROVEN and _key(flag) not in applied]
    flags += [_applied(correction, facts[key], proven) for key, correction in applied.items()]
    corrected = [_beside(fact, applied.get(fact.key), found) for fact, found in zip(report.facts, proven, strict=True)]
    return replace(report, facts=tuple(corrected), flags=(*flags, *failed))


def _plain(text: str | None) -> str:
    """A cell's text for comparison: without white space and compatibility forms, which editors of CSV change."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text or ""))


def _key(flag: Flag) -> tuple[str | None, str | None, str | None]:
    return flag.table_id, flag.row_id, flag.column_id


def _as_printed(fact: Fact, correction: Correction | None) -> Fact:
    if correction is None:
        return fact
    return replace(fact, status="reported", value=correction.corrected, value_reconciled=correction.corrected)


def _beside(fact: Fact, correction: Correction | None, proven: Fact) -> Fact:
    if correction is None:
        return replace(fact, value_reconciled=proven.value_reconciled)
    number = correction.corrected
    return replace(fact, value_reconciled=number, corrected=number, correction_reason=correction.reason)


def _applied(correction: Correction, fact: Fact, proven: Sequence[Fact]) -> Flag:
    """On the corrected cell: who decided what and why, and whether the identities say otherwise."""
    number, confirmed = correction.corrected, fact.value == correction.corrected
    what = "confirmed as printed" if confirmed else f"corrected to {_number(number)}"
    message = f"{what} by {correction.who} on {correction.date}: {correction.reason}"
    otherwise = next((f.value_reconciled for f in proven if f.key == fact.key and f.value_reconciled != number), None)
    if otherwise is not None:
        message += f"; but the identities of the table want {_number(otherwise)} here"
    return Flag(
        "corrected",
        "info" if confirmed and otherwise is None else vocabulary.flag_kinds()["corrected"].severity,
        message,
        *correction.key,
        fact.page,
        fact.line,
        observed=fact.value_raw,
        expected=_number(number),
        suggestion=_number(number),
    )


def _failed(correction: Correction, fact: Fact | None, report: Report) -> Flag:
    severity = vocabulary.flag_kinds()["correction_failed"].severity
    step = "look at the source, then mend the line or remove it"
    if fact is None:
        cell = ".".join(correction.key)
        what = "it was set aside" if not report.facts else f"its form is that of {report.template}"
        message = f"{correction.where}: the report has no cell {cell} ({what}); {step}"
        return Flag("correction_failed", severity, message, suggestion=_number(correction.corrected))
    found = f"{fact.value_raw!r} ({fact.status})" if fact.value_raw is not None else f"nothing ({fact.status})"
    message = f"{correction.where}: {correction.printed!r} was printed, it says, but the cell holds {found}; {step}"
    return Flag(
        "correction_failed",
        severity,
        message,
        *correction.key,
        fact.page,
        fact.line,
        observed=fact.value_raw,
        expected=correction.printed,
        suggestion=_number(correction.corrected),
    )


def _number(value: Decimal) -> str:
    return format(value, "f")
