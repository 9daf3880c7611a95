"""References → addresses: one spelling for each, so that a document is known again on the next night."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

LONGEST = 2_000
"""Characters of an address; longer ones come from traps and scripts."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SESSION = re.compile(r";(?:jsessionid|sid|phpsessid)=[^;/?#]*", re.IGNORECASE)
_SESSION_IN_QUERY = re.compile(r"(?:^|&)(?:jsessionid|phpsessid)=[^&]*", re.IGNORECASE)
_NO_PAGE = ("javascript:", "mailto:", "tel:", "data:", "about:", "blob:", "#")
_BLANKS = re.compile(r"[\t\r\n]+")
_KEPT = "%!$&'()*+,;=:@/?~[]-._"


def absolute(reference: str, base: str, encoding: str = "utf-8") -> str | None:
    """The address that a reference in the page at `base` leads to; None for what is no address of the web.

    Without fragment, default port and session mark; the host in lower case and ASCII; other signs escaped as browsers
    do, in a query by the page's `encoding`.
    """
    reference = _BLANKS.sub("", reference).strip().replace("\\", "/")
    if not reference or reference.lower().startswith(_NO_PAGE) or len(reference) > LONGEST:
        return None
    try:
        parts = urlsplit(urljoin(base, reference))
        host, port = parts.hostname, parts.port
        if parts.scheme not in _DEFAULT_PORTS or not host:
            return None
        name = host.encode("idna").decode("ascii") if not host.isascii() else host
    except (ValueError, UnicodeError):
        return None
    place = f"[{name}]" if ":" in name else name
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        place += f":{port}"
    path = quote(_SESSION.sub("", parts.path) or "/", safe=_KEPT)
    query = quote(_SESSION_IN_QUERY.sub("", parts.query), safe=_KEPT, encoding=encoding, errors="replace")
    return urlunsplit((parts.scheme, place, path, query.lstrip("&"), ""))


def host_of(address: str) -> str:
    """The host of an address with its port, where that is not the usual one: what manners are kept towards."""
    return urlsplit(address).netloc.rpartition("@")[2]


def path_of(address: str) -> str:
    return urlsplit(address).path or "/"
