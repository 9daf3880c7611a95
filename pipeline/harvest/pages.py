"""Page → where it leads: reports, further pages of a list, attachments, elsewhere; and whether it is there at all.

Government sites answer 200 for what is missing, send their readers on by script, and hold a report either as a page or
as a page around a file. What a page is, is told by what it shows, never by its address alone.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from pipeline.harvest.urls import absolute, host_of, path_of

if TYPE_CHECKING:
    from extractors.html.links import WebPage

MAX_ATTACHMENTS = 20
"""Files that are fetched from one report's page."""

_FILE = re.compile(r"\.(?:pdf|docx?|wps|rtf|odt|ofd|mht|zip|rar|7z)$", re.IGNORECASE)
_LEADS_ON = re.compile(rb"\.(?:pdf|docx?|wps|rtf|odt|ofd|mht|zip|rar|7z)\b|down|attach|frame", re.IGNORECASE)
_DOWNLOAD = re.compile(r"/(?:download|downfile|downloadfile|attach(?:ment)?)\b[^/]*\?.", re.IGNORECASE)
_NEXT = re.compile(r"^\W*(?:下一?页|后一?页|下页|next(?: page)?)\W*$|^(?:>|>>|»|›|＞|》)$", re.IGNORECASE)
_CREATE_PAGE = re.compile(r"\bcreatePage(?:HTML|HTMl|Html)\s*\(([^()]{1,200})\)")
_ARGUMENT = re.compile(r"""'([^']*)'|"([^"]*)"|(-?\d+)|(\w+)""")
_GOES_ON = re.compile(
    r"""(?:(?:window|self|top|parent|document)\s*\.\s*)?location
        (?:\s*\.\s*(?:href|pathname))?\s*
        (?:=\s*|\.\s*(?:replace|assign)\s*\(\s*)(['"])(?P<url>[^'"]{1,1000})\1""",
    re.VERBOSE,
)
_MISSING_TITLE = re.compile(
    r"\b404\b|\bnot found\b|(?:页面|网页|文章|栏目|链接).{0,6}(?:不存在|未找到|找不到|没有找到|丢失|已?被?删除)"
    r"|(?:访问|浏览|查看|请求)的.{0,8}(?:不存在|未找到|找不到|没有找到|已?被?删除)"
    r"|(?:找不到|未找到|没有找到|无法找到).{0,8}(?:页面|网页|文章|内容)"
    r"|^(?:错误|出错了?|系统错误|错误页面|error)$",
    re.IGNORECASE,
)
_MISSING_PATH = re.compile(r"/(?:404|error|err|notfound|not_found|nopage)[\w-]*(?:\.\w+)?/?$", re.IGNORECASE)
_CHALLENGE = re.compile(
    r"请开启\s*JavaScript|enable JavaScript|浏览器安全检查|正在验证|安全验证|document\.cookie", re.IGNORECASE
)
_VOLATILE = re.compile(
    r"(?:今天是|现在是|当前时间|当前日期|服务器时间|浏览次数|访问次数|点击次数|阅读次数|点击数|点击量|阅读量|浏览量|"
    r"您是第|本页访问量)[\s:：]*[\d\s年月日星期一二三四五六天:：次位.,/-]*(?:位?访客)?"
)
_CLOCK = re.compile(r"^(?:\d{4}年\d{1,2}月\d{1,2}日)?\s*星期[一二三四五六日天]\s*(?:\d{1,2}:\d{2}(?::\d{2})?)?$")
_LITTLE_TEXT = 200  # characters in no link: less is no page of its own
_WRAPPER_TEXT = 600  # the frame of a page: its title, its date, the address of its office, the numbers of its licences
_FEW_CELLS = 20  # the smallest statutory table has more
_LIST_PAGES = 1_000


@dataclass(frozen=True)
class Page:
    """A page as it was fetched from `address`."""

    address: str
    read: WebPage

    @cached_property
    def links(self) -> tuple[tuple[str, str, str], ...]:
        """(address, text, kind) of what it refers to, each address once, in the page's order."""
        base = absolute(self.read.base, self.address) if self.read.base else None
        found: dict[tuple[str, bool], tuple[str, str, str]] = {}
        for link in self.read.links:
            target = absolute(link.target, base or self.address, self.read.encoding)
            if target is not None:
                found.setdefault((target, link.kind == "next"), (target, link.text, link.kind))
        return tuple(found.values())

    @property
    def goes_on_to(self) -> str | None:
        """Where the page sends its reader at once, by a refresh or a script; None for one that has text of its own."""
        if self.read.own > _LITTLE_TEXT:
            return None
        target = self.read.refresh
        if target is None:
            targets = {found["url"] for found in _GOES_ON.finditer(self.read.scripts)}
            target = targets.pop() if len(targets) == 1 else None
        there = absolute(target, self.address, self.read.encoding) if target else None
        return there if there != self.address else None

    @property
    def next_pages(self) -> tuple[str, ...]:
        """The further pages of a list: by its link to the next one, or by the script that draws its page numbers."""
        linked = [target for target, text, kind in self.links if kind == "next" or _NEXT.match(text)]
        return tuple(dict.fromkeys([*linked[:1], *_drawn_pages(self.read.scripts, self.address)]))

    @property
    def attachments(self) -> tuple[tuple[str, str], ...]:
        """(address, text) of the files that the page offers, up to `MAX_ATTACHMENTS`."""
        found: dict[str, str] = {}
        for target, text, kind in self.links:
            file = _viewed_file(target, self.read.encoding) if kind == "frame" else None
            if file is not None:
                found.setdefault(file, text)
            elif kind != "next" and (is_file(target) or _FILE.search(text)):
                found.setdefault(target, text)
        return tuple(found.items())[:MAX_ATTACHMENTS]

    @property
    def frames(self) -> tuple[str, ...]:
        """Pages of the same site that a page with hardly any text of its own shows in frames: the report may be one."""
        if self.read.own >= _WRAPPER_TEXT or self.has_figures:
            return ()
        host, files = host_of(self.address), {target for target, _ in self.attachments}
        frames = (target for target, _, kind in self.links if kind == "frame" and target not in files)
        return tuple(t for t in frames if host_of(t) == host and _viewed_file(t, self.read.encoding) is None)[:3]

    @property
    def only_wraps(self) -> bool:
        """Whether the page is no more than the frame around its attachments."""
        return bool(self.attachments) and self.read.own < _WRAPPER_TEXT and not self.has_figures

    @property
    def is_missing(self) -> bool:
        """Whether the page says that there is none: a missing page answered as if it were there."""
        if self.has_figures:
            return False
        if _MISSING_TITLE.search(self.read.title):
            return True
        lines = [line for line in self.read.lines if len(line) <= 60]
        return self.read.own <= _LITTLE_TEXT and not self.attachments and any(map(_MISSING_TITLE.search, lines))

    @property
    def is_challenge(self) -> bool:
        """Whether the page lets in browsers only: hardly any text, and a script that sets a cookie first."""
        shown = "".join(self.read.lines)
        if self.attachments or self.frames:
            return False
        return len(shown) <= _LITTLE_TEXT and _CHALLENGE.search(shown + self.read.scripts) is not None

    @property
    def essence(self) -> str | None:
        """The digest of what is shown; None for a page with little text and no file: it may show what its scripts
        hold."""
        return None if self.read.own <= _LITTLE_TEXT and not self.attachments else self.shown

    @property
    def shown(self) -> str:
        """A digest of what a reader sees and may follow, without the clocks and counters that change by themselves."""
        lines = [_VOLATILE.sub("", line) for line in self.read.lines if not _CLOCK.match(line)]
        targets = [urlsplit(target)._replace(query="").geturl() for target, _, kind in self.links if kind != "next"]
        files = [target for target, _ in self.attachments]
        return hashlib.sha256(
            "\n".join([*filter(None, lines), *targets, *files]).encode("utf-8", "replace")
        ).hexdigest()

    def resembles(self, other: Page) -> bool:
        """Whether a page says nothing that another does not: both are what a site shows for addresses it has not.

        One short line may differ, which repeats the address or tells the time; a title or a file that differs is a
        page's own.
        """
        own = set(self.read.lines) - set(other.read.lines)
        if self.read.title != other.read.title or set(self.attachments) - set(other.attachments):
            return False
        return len(own) <= 1 and all(len(line) <= 120 for line in own)

    @property
    def has_figures(self) -> bool:
        """Whether it has as many cells with numbers or dashes as the smallest statutory table."""
        return self.read.cells >= _FEW_CELLS


def read(data: bytes, address: str) -> Page | None:
    """The page in these bytes, fetched from `address`; None when they are no page."""
    from extractors.html.links import read_page

    found = read_page(data)
    return None if found is None else Page(address, found)


def may_lead_on(data: bytes) -> bool:
    """Whether a page's bytes name anything like a file or a frame, told without reading the page."""
    return _LEADS_ON.search(data) is not None


def is_file(address: str) -> bool:
    """Whether an address names a document file, in its path or as a parameter of what hands it out."""
    parts = urlsplit(address)
    if _FILE.search(unquote(parts.path)) or _DOWNLOAD.search(address):
        return True
    return any(_FILE.search(value) for _, value in parse_qsl(parts.query))


def leads_nowhere(asked: str, final: str) -> bool:
    """Whether who asked for a document was sent to the site's front page or to its page for errors."""
    if path_of(asked).rstrip("/") == path_of(final).rstrip("/"):
        return False
    home = re.fullmatch(r"/(?:index\.\w+|default\.\w+)?", path_of(final)) and not urlsplit(final).query
    return bool(home) or _MISSING_PATH.search(path_of(final)) is not None


def _viewed_file(address: str, encoding: str) -> str | None:
    """The file that a viewer in a frame shows, which it is told as a parameter; None for a frame of another kind."""
    for _, value in parse_qsl(urlsplit(address).query):
        if _FILE.search(urlsplit(value).path):
            return absolute(value, address, encoding)
    return None


def _drawn_pages(scripts: str, address: str) -> list[str]:
    """The pages that TRS's `createPageHTML` draws numbers for, in its two signatures.

    `createPageHTML(count, current, "index", "html")` names the pages index, index_1 … index_{count-1};
    `createPageHTML("element", count, current, "index", "html", …)` names them index, index_2 … index_{count}.
    """
    for call in _CREATE_PAGE.finditer(scripts):
        numbers, texts, element = [], [], False
        for place, found in enumerate(_ARGUMENT.finditer(call[1])):
            if found[3]:
                numbers.append(int(found[3]))
            elif place == 0:
                element = True
            elif not found[4]:
                texts.append(found[1] or found[2] or "")
        if not numbers or len(texts) < 2 or not texts[0] or not texts[1]:
            continue
        count, (name, ending) = min(numbers[0], _LIST_PAGES), texts[:2]
        first, last = (2, count) if element else (1, count - 1)
        pages = (absolute(f"{name}_{n}.{ending.lstrip('.')}", address) for n in range(first, last + 1))
        return [page for page in pages if page is not None]
    return []
