"""Readers that stand in for the real ones: a file is a line of settings, its report is made up from them.

`year=2020 publisher=甲县人民政府 code=371302 carried_in=3` draws a lawful report of the year's form; `do=hang`,
`do=die`, `do=eat`, `do=fail` and `do=refuse` misbehave, as hostile files and faults of the program do.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from extractors.document import CannotRead, Document, Paragraph
from pipeline import vocabulary
from pipeline.checks import check
from pipeline.ids import report_id
from pipeline.intake import Job, Reader
from pipeline.model import Claim, Fact, Flag, Identity, Quality, Report, Section, Task
from pipeline.workers import Lost


def extract(data: bytes) -> Document:
    """The settings as a document; `LOG` in the environment names a file that counts the extractions."""
    if "LOG" in os.environ:
        with Path(os.environ["LOG"]).open("a") as log:
            log.write("x")
    if not data:
        raise CannotRead("empty", "the file is empty; fetch it again")
    settings = settings_of(data.decode())
    do = settings.get("do")
    if do == "hang":
        time.sleep(600)
    if do == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    if do == "eat":
        bytearray(50_000_000_000)
    if do == "refuse":
        raise CannotRead("encrypted", "locked by a password; save it without one")
    return Document("text", (Paragraph(data.decode()),), metadata={"source": "made up"})


def read(document: Document, sha256: str) -> Report:
    block = document.blocks[0]
    assert isinstance(block, Paragraph)
    settings = settings_of(block.text)
    if settings.get("do") == "fail":
        raise KeyError("a bug of ours, at /some/path")
    return make(sha256, settings)


def here(function: Callable[[Job], Any], jobs: Sequence[Job], /) -> Iterator[tuple[Job, Any]]:
    """A `Map` without processes, for files that cost no more than themselves."""
    for job in jobs:
        try:
            yield job, function(job)
        except Exception as error:
            yield job, Lost("fault", f"a fault of the program ({type(error).__name__})", repr(error))


def reader(version: str = "1", document_version: str = "1") -> Reader:
    return Reader(extract, read, document_version, version)


def settings_of(text: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in text.split())


def make(sha256: str, settings: dict[str, str]) -> Report:
    """A lawful report as the settings say; a work plan for `kind=work_plan`."""
    year = int(settings["year"]) if settings.get("year", "?") != "?" else None
    identity = Identity(
        settings.get("kind", "annual_report"),
        title='政府信息公开工作年度报告, "quoted"\r\nand broken',
        jurisdiction_code=settings.get("code", "371302"),
        jurisdiction_name="山东省临沂市兰山区",
        year=year,
        publisher=settings.get("publisher", "临沂市兰山区人民政府"),
        publisher_kind="government",
        published_date="2021-01-29",
        period_end="2021-02-30",
    )
    if identity.document_type == "work_plan":
        tasks = (Task("组", "事", "要求", ("甲局", "乙局"), 1, None), Task("组", "事", "另一要求", ()))
        return Report(report_id(sha256), sha256, "text", None, identity, "extracted", None, None, tasks=tasks)
    template = "2019" if year is None or year <= 2020 else "2021"
    flags = (
        Flag("blank_cell", "info", "the cell is empty", "proactive", "fees", first_column(template, "fees")),
        Flag("shifted_row", "warning", "the row is shifted", "requests", "granted"),
        Flag("unknown_label", "warning", "a column is unclear", "requests", None, "business"),
        Flag("split_table", "info", "in two pieces", "review_litigation"),
        Flag("garbled_text", "warning", "garbled", line=3, excerpt='a\udce4\0b,"\r\n'),
    )
    sections = (Section(None, 1, "序"), Section("一、总体情况", 1, "正文\n第二行", 1, 4))
    facts = tuple(check(facts_of(template, settings))[0])
    received = ("requests", "received", "total")
    claims = (
        Claim(1, 4, "收到申请60件，", "received", Decimal(60), "count", *received, "agrees", "as_printed"),
        Claim(1, 5, "占78.5%。", "granted", Decimal("78.5"), "percent", "requests", None, None, "not_comparable"),
    )
    return Report(
        report_id(sha256),
        sha256,
        "text",
        None,
        identity,
        "extracted",
        None,
        template,
        facts,
        flags,
        sections,
        claims=claims,
        quality=Quality(0.5, 1.0, 0.9),
    )


def first_column(template: str, row_id: str) -> str:
    return vocabulary.form(template, "proactive").rows[row_id][0]


def facts_of(template: str, settings: dict[str, str]) -> list[Fact]:
    facts = []
    for table_id in vocabulary.TABLES:
        form = vocabulary.form(template, table_id)
        for row_id, column_id in form.cells():
            unit = form.unit(column_id)
            where = (template, table_id, row_id, column_id, unit)
            value = Decimal(0)
            if unit == "CNY_10k":
                value = Decimal(settings.get("amount", "184249.50"))
            elif table_id == "requests" and row_id in ("received", "granted", "total_processed"):
                value = Decimal(60 if column_id == "total" else 10)
            elif (table_id, row_id) == ("requests", "carried_in"):
                value = Decimal(settings.get("carried_in", "0")) * (6 if column_id == "total" else 1)
            elif (table_id, row_id) == ("requests", "carried_out"):
                value = Decimal(settings.get("carried_out", "0")) * (6 if column_id == "total" else 1)
            if table_id == "proactive" and row_id == "fees":
                facts.append(Fact(*where, "blank", value_raw="—", page=2))
            else:
                facts.append(Fact(*where, "reported", value, f" {value}", value, False, 1, 7))
    return facts
