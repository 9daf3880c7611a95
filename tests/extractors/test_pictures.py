"""Pictures within Word documents and web pages: where they stand, whence their bytes come, what OCR reads in them."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest

import extractors
from extractors import limits, pictures
from extractors.document import Block, CannotRead, Document, Paragraph, Picture, Table
from extractors.html.images import relative_name
from extractors.scan import ocr
from extractors.wanted import Wanted
from tests.extractors import forge
from tests.extractors.pictured import Shot, as_docx, as_html, png
from tests.extractors.scanned import page, rows, rows_of

needs_ocr = pytest.mark.skipif(not ocr.is_available(), reason="the extra gongkai[ocr] is not installed")
ALL = Wanted(pictures=True)


@pytest.fixture(scope="module")
def shot() -> Shot:
    """The head of the scanned page's table, with four rows of figures."""
    return Shot(png(page().crop((80, 120, 1560, 860))), 7.4, 3.7)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, float | None]]:
    """What is handed to recognition, in place of it."""
    handed: list[tuple[bytes, float | None]] = []

    def read(data: bytes, inches: float | None = None, ruled: bool = False) -> tuple[Block, ...]:
        handed.append((data, inches))
        return (Paragraph(f"picture {len(handed)}"),)

    monkeypatch.setattr(pictures, "read_picture", read)
    monkeypatch.setattr(ocr, "is_available", lambda: True)
    return handed


def shown(document: Document) -> list[str]:
    return [block.text for block in document.with_pictures().blocks if isinstance(block, Paragraph)]


def figures(document: Document) -> list[list[str]]:
    return rows_of(Document("docx", tuple(block for one in document.pictures for block in one.blocks or ())))


@pytest.mark.slow
@needs_ocr
@pytest.mark.parametrize("kind", ["docx", "html"])
def test_a_table_in_a_picture_is_read_if_wanted(kind: str, shot: Shot) -> None:
    make = as_docx if kind == "docx" else as_html
    data = make(["前文", shot, "后文"])
    document = extractors.extract(data)
    assert document.blocks == (Paragraph("前文"), Paragraph("后文"))
    assert document.pictures == (Picture(1),)
    closer = extractors.extract(data, ALL)
    assert closer.blocks == document.blocks
    assert figures(closer) == rows()[:4]
    assert {block.page for block in closer.pictures[0].blocks or ()} == {None}
    assert Document.from_json(closer.to_json()) == closer


def test_pictures_stand_where_they_stood(shot: Shot, seen: list[Any]) -> None:
    pieces = [shot, "一", shot, "二", Shot(shot.png + b"\0", 3.0, 2.0)]
    document = extractors.extract(as_docx(pieces), ALL)
    # the same picture is read once
    assert shown(document) == ["picture 1", "一", "picture 1", "二", "picture 2"]
    assert [inches for _, inches in seen] == [pytest.approx(7.4), pytest.approx(3.0)]
    assert shown(extractors.extract(as_html(pieces), ALL)) == ["picture 3", "一", "picture 3", "二", "picture 4"]


def test_a_picture_in_a_cell_is_no_text_of_the_cell(shot: Shot, seen: list[Any]) -> None:
    source = f'<img src="data:image/png;base64,{base64.b64encode(shot.png).decode()}">'
    table = f"<table><tr><td>项目<td>数{source}<tr><td>甲<td>52</table>"
    document = extractors.extract(f"<html><body><p>前文{source}后文</p>{table}<p>尾</body></html>".encode(), ALL)
    assert forge.slots_of(document) == [["项目", "数"], ["甲", "52"]]
    assert [picture.after for picture in document.pictures] == [1, 2]
    assert isinstance(document.blocks[0], Paragraph)
    assert document.blocks[0].text == "前文后文"


@pytest.mark.parametrize(
    "image",
    [
        '<img src="icon.png" width="20" height="20">',
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
        '<img src="a.png" style="display:none">',
        "<img alt=图>",
    ],
)
def test_icons_and_hidden_images_are_none(image: str) -> None:
    assert extractors.extract(f"<html><body><p>正文{image}</p></body></html>".encode()).pictures == ()


def test_files_beside_a_page_are_asked_for_by_name(shot: Shot, seen: list[Any]) -> None:
    asked = []

    def beside(name: str) -> bytes | None:
        asked.append(name)
        return shot.png if name.endswith("2.png") else None

    page = '<html><body><p>正文<img src="./年报_files/a%201.png?v=3#x"><img src="blank.gif" data-src="b/../c/2.png">'
    document = extractors.extract(f"{page}</body></html>".encode(), Wanted(pictures=True, beside=beside))
    assert asked == ["年报_files/a 1.png", "blank.gif", "c/2.png"]
    assert shown(document) == ["正文", "picture 1"]
    (note,) = document.notes
    assert note.startswith("1 of the pictures within the text could not be looked at")


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/a.png", "//host/a.png", "/etc/passwd", "../a.png", "a/../../b.png", "..\\..\\a.png",
        "file:///etc/passwd", "C:\\a.png", "a\0.png", "", "#top", "%2e%2e/a.png", "%2fetc/passwd", "style.svg", "http://[",
        ".",
    ],
)  # fmt: skip
def test_no_other_place_is_named(address: str) -> None:
    assert relative_name(address) is None


def test_pictures_of_a_web_archive(shot: Shot, seen: list[Any]) -> None:
    body = base64.encodebytes(shot.png).decode()
    parts = [
        "Content-Type: text/html\r\nContent-Location: http://x.gov.cn/d/page.html\r\n\r\n"
        '<html><body><p>正文<img src="http://x.gov.cn/d/1.png"><img src="../e/2.png"><img src="cid:three">'
        '<img src="lost.png"></body></html>',
        f"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-Location: http://x.gov.cn/d/1.png\r\n\r\n{body}",
        f"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-Location: http://x.gov.cn/e/2.png\r\n\r\n{body}",
        f"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <three>\r\n\r\n{body}",
    ]
    archive = "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n"
    archive += "".join(f"--b\r\n{part}\r\n" for part in parts) + "--b--\r\n"
    document = extractors.extract(archive.encode(), ALL)
    assert [picture.blocks for picture in document.pictures] == [(Paragraph("picture 1"),)] * 3 + [()]


def test_a_document_of_pictures_only(shot: Shot, seen: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    data = as_docx([shot])
    assert extractors.extract(data) == Document("docx", (), pictures=(Picture(0),))
    assert shown(extractors.extract(data, ALL)) == ["picture 1"]
    monkeypatch.setattr(pictures, "read_picture", lambda data, inches, ruled: ())
    with pytest.raises(CannotRead) as caught:
        extractors.extract(data, ALL)
    assert caught.value.code == "empty"
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    with pytest.raises(CannotRead, match="OCR extra") as caught:
        extractors.extract(data, ALL)
    assert caught.value.code == "needs_ocr"


def test_without_ocr_the_note_says_what_to_install(shot: Shot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    document = extractors.extract(as_docx(["正文", shot]), ALL)
    (note,) = document.notes
    assert note.startswith("1 of the pictures within the text were not read")
    assert 'pip install "gongkai[ocr]"' in note


@needs_ocr
def test_what_is_no_picture_and_what_is_too_large(shot: Shot, monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = b"\x01\0\0\0" + bytes(40) + b" EMF" + bytes(2000)
    document = extractors.extract(as_docx(["正文", Shot(drawing, 5, 3), Shot(shot.png[:3000], 5, 3)]), ALL)
    (note,) = document.notes
    assert note.startswith("2 of the pictures within the text could not be read")
    monkeypatch.setattr(limits, "MAX_PICTURE_PIXELS", 1000)
    with pytest.raises(CannotRead) as caught:
        pictures.read_picture(shot.png)
    assert caught.value.code == "too_large"


def test_pictures_without_number_are_bounded(shot: Shot) -> None:
    images = '<p>文</p><img src="a.png">' * (limits.MAX_PICTURES + 40)
    document = extractors.extract(f"<html><body>{images}</body></html>".encode())
    assert len(document.pictures) == limits.MAX_PICTURES


@needs_ocr
def test_a_picture_too_small_for_a_table_is_not_read() -> None:
    from PIL import Image

    buffer = io.BytesIO()
    Image.effect_noise((200, 50), 60).save(buffer, "PNG")
    assert pictures.read_picture(buffer.getvalue()) == ()


@pytest.mark.slow
@needs_ocr
def test_a_picture_without_rulings_is_passed_over_where_tables_are_wanted(shot: Shot) -> None:
    prose = png(page().crop((80, 180, 1560, 250)))
    assert pictures.read_picture(prose, 7.4)
    assert pictures.read_picture(prose, 7.4, ruled=True) == ()
    assert any(isinstance(block, Table) for block in pictures.read_picture(shot.png, 7.4, ruled=True))


def test_word_pictures_outside_the_package_are_not_looked_for(shot: Shot) -> None:
    import zipfile

    data = as_docx(["正文", shot, shot])
    rewritten = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(rewritten, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith(".rels"):
                part = part.replace(b'"media/image1.png"', b'"http://127.0.0.1:9/a.png" TargetMode="External"')
                part = part.replace(b'"media/image2.png"', b'"../../../etc/passwd"')
            new.writestr(name, part)
    assert extractors.extract(rewritten.getvalue()).pictures == ()


def test_tables_are_told_from_pictures_of_them() -> None:
    table = Table((), 1, 1)
    document = Document(
        "pdf", (Paragraph("a"), Paragraph("b")), pictures=(Picture(1, 1, (table,)), Picture(2, 1, None))
    )
    assert document.with_pictures().blocks == (Paragraph("a"), table, Paragraph("b"))
    assert document.with_pictures().pictures == ()
