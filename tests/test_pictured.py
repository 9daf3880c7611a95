"""Statutory tables in pictures: when these are read, what is taken from them, and what is left."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import extractors
from extractors.document import Block, CannotRead, Document, Paragraph, Picture, Table
from extractors.scan import ocr
from extractors.wanted import Wanted
from pipeline import codec, vocabulary
from pipeline.beside import Beside
from pipeline.intake import Job, read_job, this_reader
from pipeline.model import Report
from pipeline.pictured import read_again, wants_pictures
from pipeline.read import read_document, read_report
from pipeline.run import Summary, run
from tests.corpus import Piece, compose, render_scan
from tests.corpus.score import score
from tests.extractors.pictured import as_docx, as_html, as_pdf, pictured

SHA = "0" * 64


@pytest.fixture(scope="module")
def piece() -> Piece:
    return compose("pictured", "html", "clean")


@pytest.fixture(scope="module")
def document(piece: Piece) -> Document:
    return extractors.extract(piece.data)


def recognised(table: Table) -> Table:
    return replace(table, page=None, cells=tuple(replace(cell, confidence=1.0) for cell in table.cells))


def with_pictures_of(document: Document, tables: Sequence[int], read: bool = True) -> Document:
    """The document with so-manieth of its tables as pictures."""
    blocks: list[Block] = []
    pictures = []
    found = [block for block in document.blocks if isinstance(block, Table)]
    for block in document.blocks:
        if isinstance(block, Table) and found.index(block) in tables:
            pictures.append(Picture(len(blocks), None, (recognised(block),) if read else None))
        else:
            blocks.append(block)
    return replace(document, blocks=tuple(blocks), pictures=tuple(pictures))


def marks(report: Report) -> list[tuple[str, str | None]]:
    return [(flag.severity, flag.table_id) for flag in report.flags if flag.kind == "picture_table"]


def values(report: Report) -> dict[tuple[str, str, str], object]:
    return {fact.key: (fact.status, fact.value) for fact in report.facts}


def count(document: Document) -> int:
    return sum(isinstance(block, Table) for block in document.blocks)


def test_a_report_whose_tables_are_pictures_gives_the_same_facts(piece: Piece, document: Document) -> None:
    whole = with_pictures_of(document, range(count(document)))
    report = read_document(whole, SHA)
    assert values(report) == values(read_document(document, SHA))
    assert report.disposition == "extracted"
    assert {severity for severity, _ in marks(report)} == {"info"}
    assert not score(piece.truth, report).silent


def test_a_table_in_a_picture_among_tables_in_the_text_is_doubted(document: Document) -> None:
    report = read_document(with_pictures_of(document, [count(document) - 1]), SHA)
    assert values(report) == values(read_document(document, SHA))
    assert marks(report) == [("warning", "review_litigation")]


def test_a_complete_report_takes_nothing_from_its_pictures(document: Document) -> None:
    other = extractors.extract(compose("decoy", "html", "clean").data)
    decoys = (Picture(3, None, tuple(block for block in other.blocks if isinstance(block, Table))),)
    plain = read_document(document, SHA)
    assert read_document(replace(document, pictures=decoys), SHA) == plain
    assert not wants_pictures(replace(document, pictures=(Picture(3),)), plain)


def test_a_screenshot_of_another_report_is_not_this_one(document: Document) -> None:
    last = count(document) - 1
    other = extractors.extract(compose("decoy", "html", "clean").data)
    assert read_document(other, SHA).identity.title != read_document(document, SHA).identity.title
    lacking = replace(with_pictures_of(document, [last]), pictures=(Picture(3, None, other.blocks),))
    report = read_document(lacking, SHA)
    assert marks(report) == []
    assert [flag.table_id for flag in report.flags if flag.kind == "missing_table"] == ["review_litigation"]


def requests(document: Document) -> tuple[int, Table]:
    return max(
        ((place, block) for place, block in enumerate(document.blocks) if isinstance(block, Table)),
        key=lambda pair: pair[1].n_rows,
    )


def test_the_rest_of_a_table_that_stands_in_a_picture_completes_it(document: Document) -> None:
    place, table = requests(document)
    cut = table.n_rows - 6
    above = tuple(cell for cell in table.cells if cell.row < cut)
    part = replace(table, n_rows=cut, cells=above)
    below = replace(
        table, n_rows=6, cells=tuple(replace(cell, row=cell.row - cut) for cell in table.cells if cell.row >= cut)
    )
    blocks = (*document.blocks[:place], part, *document.blocks[place + 1 :])
    torn = replace(document, blocks=blocks)
    plain = read_document(torn, SHA)
    assert any(status == "missing" for status, _ in values(plain).values())  # type: ignore[misc]
    assert wants_pictures(replace(torn, pictures=(Picture(place + 1),)), plain)
    pictured = replace(torn, pictures=(Picture(place + 1, None, (recognised(below),)),))
    report = read_document(pictured, SHA)
    assert values(report) == values(read_document(document, SHA))
    assert marks(report) == [("warning", "requests")]
    # a picture of other figures in the same rows is no rest of it
    other = replace(
        recognised(table), cells=tuple(replace(c, text="7" if c.text == "0" else c.text) for c in table.cells)
    )
    misled = read_document(replace(torn, pictures=(Picture(place + 1, None, (other,)),)), SHA)
    assert values(misled) == values(plain)


def test_which_documents_want_their_pictures_read(document: Document) -> None:
    lacking = with_pictures_of(document, range(count(document)), read=False)
    report = read_document(lacking, SHA)
    assert report.disposition == "set_aside"
    assert wants_pictures(lacking, report)
    assert not wants_pictures(replace(lacking, pictures=()), report)
    assert not wants_pictures(with_pictures_of(document, range(count(document))), report)
    album = Document("html", (Paragraph("活动照片"),), pictures=(Picture(1),))
    assert wants_pictures(album, read_document(album, SHA))
    news = replace(album, blocks=(Paragraph("今天上午召开了会议。" * 60),))
    assert not wants_pictures(news, read_document(news, SHA))


def test_a_document_of_pictures_only_is_what_they_say(piece: Piece, document: Document) -> None:
    scan = Document("docx", (), pictures=(Picture(0, None, document.blocks),))
    report = read_document(scan, SHA)
    assert report.disposition == "extracted"
    assert (report.identity.year, report.identity.publisher) == (piece.truth.year, piece.truth.publisher)
    assert not score(piece.truth, report).silent


def test_what_cannot_be_read_closer_is_told(document: Document) -> None:
    def fails(wanted: Wanted) -> Document:
        raise CannotRead("time_limit", "reading took too long")

    lacking = with_pictures_of(document, [count(document) - 1], read=False)
    _, report = read_again(lacking, read_document(lacking, SHA), fails, read_document)
    assert report.disposition == "partial"
    assert "reading took too long" in [flag.message for flag in report.flags if flag.kind == "partly_read"][-1]
    empty = Document("docx", (), pictures=(Picture(0),))
    _, report = read_again(empty, read_document(empty, SHA), fails, read_document)
    assert (report.disposition, report.reason) == ("set_aside", "reading took too long")


# pages with their pictures beside them, through a whole run


@pytest.fixture
def folder(tmp_path: Path, document: Document, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A saved page whose tables are pictures beside it; recognition sees in 1.png the first table and so on, by the
    length of the file."""
    tables = [block for block in document.blocks if isinstance(block, Table)]

    def read(data: bytes, inches: float | None = None, ruled: bool = False) -> tuple[Block, ...]:
        return (recognised(tables[data[-1]]),) if data[-1] < len(tables) else ()

    monkeypatch.setattr("extractors.pictures.read_picture", read)
    monkeypatch.setattr("extractors.scan.ocr.is_available", lambda: True)
    folder = tmp_path / "in"
    (folder / "page_files").mkdir(parents=True)
    body = []
    for block in document.blocks:
        if isinstance(block, Paragraph):
            body.append(f"<p>{block.text}</p>")
        else:
            name = f"page_files/{tables.index(block)}.png"
            body.append(f'<p><img src="{name}"></p>')
            (folder / name).write_bytes(b"no picture that is read as a file" * 40 + bytes([tables.index(block)]))
    head = "<!DOCTYPE html><html><head><meta charset=utf-8></head>"
    (folder / "page.html").write_text(f"{head}<body>{''.join(body)}</body></html>", encoding="utf-8")
    return folder


def rerun(folder: Path) -> Summary:
    return run([folder], folder.parent / "out", over=lambda function, jobs: [(job, function(job)) for job in jobs])


def test_a_page_is_read_with_the_pictures_beside_it(folder: Path, document: Document) -> None:
    summary = rerun(folder)
    assert (summary.extracted, summary.facts) == (1, len(read_document(document, SHA).facts))
    assert [(reason, number) for reason, number, _ in summary.aside] == [
        ("a picture of the page page.html, read with it", count(document))
    ]
    again = rerun(folder)
    assert (again.read, again.changed) == (0, ())


def test_a_page_is_read_again_when_a_picture_beside_it_changes(folder: Path, document: Document) -> None:
    page = folder / "page.html"
    before = rerun_alone(page)  # its pictures are no input of their own
    assert before.extracted == 1
    assert rerun_alone(page).read == 0
    (folder / f"page_files/{count(document) - 1}.png").write_bytes(b"something else" * 200)
    after = rerun_alone(page)
    assert (after.read, after.extracted, after.partial) == (1, 0, 1)
    (folder / f"page_files/{count(document) - 1}.png").unlink()
    gone = rerun_alone(page)
    assert (gone.read, gone.partial) == (1, 1)
    assert rerun_alone(page).read == 0


def rerun_alone(page: Path) -> Summary:
    return run([page], page.parent.parent / "out", over=lambda function, jobs: [(job, function(job)) for job in jobs])


def test_only_files_below_the_folder_of_the_page_are_lent(tmp_path: Path) -> None:
    home = tmp_path / "pages"
    (home / "files" / ".hidden").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(b"secret")
    (home / "files" / "a.png").write_bytes(b"a")
    (home / "files" / ".hidden" / "b.png").write_bytes(b"b")
    (home / "link.png").symlink_to(home / "files" / "a.png")
    (home / "out.png").symlink_to(tmp_path / "secret.png")
    (home / "up").symlink_to(tmp_path)
    os.mkfifo(home / "pipe.png")
    beside = Beside(str(home / "page.html"))
    assert beside("files/a.png") == b"a"
    assert beside("link.png") == b"a"
    for name in (
        "../secret.png",
        str(tmp_path / "secret.png"),
        "out.png",
        "up/secret.png",
        "files",
        "pipe.png",
        "a\0b",
    ):
        assert beside(name) is None, name
    for name in ("files/.hidden/b.png", "files//a.png", "", ".", "files/../../secret.png", "none.png"):
        assert beside(name) is None, name
    assert dict(beside.taken)["none.png"] is None
    assert len(dict(beside.taken)["files/a.png"] or "") == 64


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["docx", "pdf", "page with files beside it"])
def test_reports_with_printed_tables_as_pictures(kind: str, tmp_path: Path) -> None:
    """The whole way, with recognition: as many facts as were printed, none of them wrong without a flag."""
    if not ocr.is_available():
        pytest.skip("the extra gongkai[ocr] is not installed")
    if not render_scan.fonts():
        pytest.skip("no Chinese font to print with (Debian: fonts-arphic-uming, fonts-wqy-zenhei)")
    made = pictured("printed as pictures")
    if kind == "docx":
        report = read_report(as_docx(made.pieces))
    elif kind == "pdf":
        report = read_report(as_pdf(made.pieces))
    else:
        (tmp_path / "报告_files").mkdir()
        for number, shot in enumerate(made.shots, 1):
            (tmp_path / "报告_files" / f"{number}.png").write_bytes(shot.png)
        page = tmp_path / "报告.html"
        page.write_bytes(as_html(made.pieces, "报告_files"))
        outcome = read_job(this_reader(), Job(str(page), hashlib.sha256(page.read_bytes()).hexdigest()))
        report = codec.loads(Report, outcome.report)
        assert len(outcome.beside) == len(made.shots)
    found = score(made.truth, report)
    assert report.disposition == "extracted"
    assert not found.silent
    assert found.exact >= 0.99 * len(found.cells)
    assert {table_id for _, table_id in marks(report)} <= set(vocabulary.TABLES)
    assert marks(report)
