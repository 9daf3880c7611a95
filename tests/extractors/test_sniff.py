"""The format is told by content: signatures, and for text whether it is a page or merely holds some tags."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile

import pytest

import extractors
from extractors import html
from extractors.document import CannotRead, Paragraph, Table
from tests.extractors import forge

MARKDOWN = """# 某某区2020年政府信息公开工作年度报告

本报告由某某区人民政府办公室编制，内容包括总体情况、存在的问题等。<br>正文里有标签。

<table><tr><td rowspan="2">规章</td><td>0</td></tr><tr><td>12</td></tr></table>

工作任务	<p>具体要求</p>	<p>责任单位</p>
"""
PAGE = "<html><head><title>年报</title></head><body><p>正文</p></body></html>"


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name in names:
            package.writestr(name, "<x/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\nrest", "pdf"),
        (b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n\0\x01%PDF-1.4\n1 0 obj <<>> endobj", "pdf"),
        (zipped("[Content_Types].xml", "word/document.xml"), "docx"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        (zipped("OFD.xml"), "ofd"),
        (zipped("a.txt"), "zip"),
        (zipped("[Content_Types].xml", "word/document.xml")[:60], "docx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "doc"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted_office"),
        (b"{\\rtf1 text}", "rtf"),
        (b"\x89PNG\r\n\x1a\n....", "png"),
        (b"\xff\xd8\xff\xe0....", "jpeg"),
        (b"\x1f\x8b\x08....", "gzip"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\n", "mhtml"),
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\t", "empty"),
        (bytes(range(256)) * 40, "binary"),
        (MARKDOWN.encode(), "text"),
        (PAGE.encode(), "html"),
        (("\ufeff  <!-- saved -->\n<!DOCTYPE html>" + PAGE).encode(), "html"),
        (("来源：网站\n\n" + PAGE + "\n").encode(), "html"),
        (b"<p>one</p><table><tr><td>1</td></tr></table><p>two</p>", "html"),
        ("<table><tr><td>规章</td></tr></table>\n\n# 三、收到和处理申请情况\n\n这里是许多正文文字".encode(), "text"),
        ("<注>尖括号开头的文字，不是网页".encode(), "text"),
        (b'<?xml version="1.0"?><rss><item>x</item></rss>', "xml"),
        (b'<?xml version="1.0"?>' + PAGE.encode(), "html"),
    ],
)
def test_kind_by_content(data: bytes, kind: str) -> None:
    assert extractors.sniff(data) == kind


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "empty", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted", "password"),
        (b"\0\0\0\x0cjP  ....", "unsupported", "JPEG"),
        (zipped("a.txt"), "unsupported", "unpack"),
        (b"\0\1\2\3" * 500, "unsupported", "neither text nor"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_next(data: bytes, code: str, words: str) -> None:
    with pytest.raises(CannotRead, match=words) as caught:
        extractors.extract(data)
    assert caught.value.code == code


def test_a_page_saved_as_one_file_is_its_page() -> None:
    page = PAGE.replace("正文", "正文<table><tr><td>1<td>2</table>").encode("gb18030")
    data = (
        b"From: <Saved by a browser>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\tboundary=b\r\n\r\n"
        b"--b\r\n"
        b"Content-Type: text/html\r\nContent-Location: http://www.x.gov.cn/a.html\r\n\r\n" + page + b"\r\n--b--\r\n"
    )
    document = extractors.extract(data)
    assert document.metadata["url"] == "http://www.x.gov.cn/a.html"
    assert [type(block) for block in document.blocks] == [Paragraph, Table]


def test_fragments_give_tables_with_lines_of_the_text() -> None:
    blocks = html.tables_of(forge.html_table(forge.form()).replace("<tr>", "\n<tr>"), line=100)
    assert len(blocks) == 1
    assert isinstance(blocks[0], Table)
    assert blocks[0].line == 100
    assert {cell.line for cell in blocks[0].cells if cell.row == 4} == {105}
    assert html.tables_of("", line=1) == ()


def test_importing_the_package_loads_no_engine() -> None:
    engines = {"lxml", "pdfplumber", "pypdfium2", "pdfminer", "docx"}
    code = f"import extractors, sys; print(sorted({engines} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
