"""Spoilt files, each drawn from a seed and its number alone: reports with known truth, and the samples in data/raw."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from random import Random

from benchmarks import mutations as m
from benchmarks import pdf_mutations as pdf
from benchmarks.mutations import Mutation
from tests.corpus import FORMATS, Truth, compose

RAW = Path(__file__).resolve().parents[1] / "data/raw"
FAMILIES = {
    "docx": ("zip",),
    "pdf": ("pdf",),
    "html": ("markup", "text"),
    "mhtml": ("markup", "text"),
    "markdown_html": ("markup", "text"),
    "rtf": (),
    "odt": ("zip",),
    "picture": (),
}
OTHERS = ("mhtml", "rtf", "odt", "picture")
"""Formats that the corpus does not draw; made here of what it does."""

_MOSTLY = ("pdf", "pdf", "pdf", "docx", "docx", "docx", "html")  # as reports come, and with the most that can break
_DEAR = ("rtf", "odt", "picture")  # seconds each: LibreOffice, OCR
_DEAR_SHARE = 0.03
_SEEDS = 6  # documents of each format and class


def _of(family: str, *changes: m.Change, keeps: bool = False) -> list[Mutation]:
    return [Mutation(change.__name__, change, family, keeps) for change in changes]


_IN_XML = (
    m.flips,
    m.truncated,
    m.tokens,
    m.repeated,
    m.nulls,
    m.entities,
    m.giant_grid,
    m.nested_xml,
    m.many_attributes,
)
MUTATIONS = (
    *_of("any", m.flips, m.burst, m.truncated, m.beheaded, m.spliced, m.repeated, m.swapped, m.nulls, m.tokens),
    *_of("any", m.huge_numbers),
    Mutation("wrong_ending", m.same, keeps=True, suffix=".xls"),
    Mutation("no_ending", m.same, keeps=True, suffix=""),
    *(Mutation(name, m.recoded(name), "text", keeps=True) for name in ("gb18030", "utf-16", "utf-8-sig")),
    *(Mutation(name, m.recoded(name), "text") for name in ("big5", "utf-32", "latin-1")),
    *_of("text", m.windows_lines, m.cut_at_a_line, keeps=True),
    *_of("text", m.mixed_encodings, m.odd_lines, m.long_line, m.control_characters),
    *_of("markup", m.unclosed, m.remarks, keeps=True),
    *_of("markup", m.giant_spans, m.nested, m.many_attributes, m.entities),
    *_of("zip", m.stored, keeps=True),
    *_of("zip", m.members_swapped, m.member_removed, m.member_doubled, m.member_bomb, m.lying_size),
    *(Mutation(f"xml_{change.__name__}", m.within(change), "zip") for change in _IN_XML),
    *_of("pdf", pdf.lost_index, pdf.junk_after, pdf.junk_before, keeps=True),
    *_of("pdf", pdf.content_changed, pdf.loops, pdf.structure_numbers, pdf.stream_bomb),
)


@dataclass(frozen=True, slots=True)
class Base:
    """A sound file. `truth` is what it says, where that is known."""

    name: str
    format: str
    data: bytes
    suffix: str
    truth: Truth | None


@dataclass(frozen=True, slots=True)
class Mutant:
    """A spoilt file: of which base, by which mutation, and under which name it is handed in."""

    number: int
    base: Base
    mutation: Mutation
    data: bytes

    @property
    def name(self) -> str:
        suffix = self.base.suffix if self.mutation.suffix is None else self.mutation.suffix
        return f"{self.number:05d}_{self.base.format}_{self.mutation.name}{suffix}"

    @property
    def truth(self) -> Truth | None:
        """What must be read of it, or left out, or flagged; None where its text may have changed."""
        return self.base.truth if self.mutation.keeps else None


def mutant(seed: int, number: int, dear: bool = True) -> Mutant:
    """The file of this number; the same bytes on every machine. `dear` admits formats that cost seconds to read."""
    rng = Random(f"{seed}/{number}")
    base, other = _base(rng, seed, dear), _base(rng, seed, dear)
    families = {"any", *FAMILIES.get(base.format, ("text",))}
    mutation = rng.choice([one for one in MUTATIONS if one.family in families])
    return Mutant(number, base, mutation, mutation.change(rng, base.data, other.data))


def _base(rng: Random, seed: int, dear: bool) -> Base:
    if dear and rng.random() < _DEAR_SHARE:
        return drawn(seed, rng.choice(_DEAR), rng.randrange(2))
    if rng.random() < 0.1 and (samples := _samples()):
        return rng.choice(samples)
    return drawn(seed, rng.choice([*FORMATS, "mhtml", *_MOSTLY]), rng.randrange(2 * _SEEDS))


@cache
def _samples() -> tuple[Base, ...]:
    """The sample reports that ship with the project."""
    formats = {".docx": "docx", ".pdf": "pdf", ".html": "html", ".md": "pipes"}
    paths = sorted(path for path in RAW.glob("*") if path.suffix in formats)
    return tuple(Base(p.name, formats[p.suffix], p.read_bytes(), p.suffix, None) for p in paths)


@cache
def drawn(seed: int, format: str, number: int) -> Base:
    """A sound file of a format of the corpus or of `OTHERS`, lawful or with the habits of the wild."""
    difficulty = ("clean", "varied")[number % 2]
    origin = {"mhtml": "html", "rtf": "tabs", "odt": "tabs", "picture": "pdf"}.get(format, format)
    piece = compose(f"{seed}.{number}", origin, difficulty)
    name = f"{format}-{difficulty}-{number}"
    if format == "mhtml":
        return Base(name, format, _mhtml(piece.data), ".mht", piece.truth)
    if format == "rtf":
        return Base(name, format, _rtf(piece.data), ".rtf", None)
    if format == "odt":
        return Base(name, format, _odt(piece.data), ".odt", None)
    if format == "picture":
        return Base(name, format, _picture(piece.data), ".png", None)
    return Base(name, format, piece.data, piece.suffix, piece.truth)


def _mhtml(html: bytes) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["Subject"] = "<Saved by a browser>", "report"
    message["MIME-Version"] = "1.0"
    message.set_content(html, "text", "html", cte="base64")
    message.make_related()
    return message.as_bytes()


def _rows(text: bytes) -> list[list[str]]:
    return [line.split("\t") for line in text.decode("utf-8", "replace").splitlines()]


def _rtf(text: bytes) -> bytes:
    """Paragraphs and rows as Word writes them: every character above ASCII as its UTF-16 units."""

    def escaped(words: str) -> str:
        units = re.findall("..", words.encode("utf-16-be").hex(), re.DOTALL)
        codes = [int(units[i] + units[i + 1], 16) for i in range(0, len(units), 2)]
        return "".join(
            chr(c) if 32 <= c < 127 and chr(c) not in "\\{}" else f"\\u{(c ^ 0x8000) - 0x8000}?" for c in codes
        )

    lines = []
    for row in _rows(text):
        if len(row) > 1:
            edges = "".join(f"\\cellx{900 * (i + 1)}" for i in range(len(row)))
            cells = "".join(f"\\intbl {escaped(cell)}\\cell " for cell in row)
            lines.append(f"\\trowd{edges} {cells}\\row")
        else:
            lines.append(f"\\pard {escaped(row[0])}\\par")
    return ("{\\rtf1\\ansi\\uc1\n" + "\n".join(lines) + "}").encode("ascii")


def _odt(text: bytes) -> bytes:
    """OpenDocument text with the least that LibreOffice asks for."""
    from xml.sax.saxutils import escape

    namespaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    body = []
    for row in _rows(text):
        if len(row) > 1:
            cells = "".join(f"<table:table-cell><text:p>{escape(c)}</text:p></table:table-cell>" for c in row)
            columns = f'<table:table-column table:number-columns-repeated="{len(row)}"/>'
            body.append(f"<table:table>{columns}<table:table-row>{cells}</table:table-row></table:table>")
        else:
            body.append(f"<text:p>{escape(row[0])}</text:p>")
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {namespaces} office:version="1.2">'
        f"<office:body><office:text>{''.join(body)}</office:text></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.text"
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    parts = (("mimetype", kind), ("content.xml", content), ("META-INF/manifest.xml", manifest))
    return m.repacked([(name, part.encode()) for name, part in parts], stored=1)


def _picture(pdf: bytes) -> bytes:
    """The first page as a picture, coarse enough that recognising it is cheap."""
    import io

    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as document:
        sink = io.BytesIO()
        document[0].render(scale=1.0).to_pil().convert("L").save(sink, "PNG")
    return sink.getvalue()
