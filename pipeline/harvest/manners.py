"""How a harvest behaves: towards the sites it asks, and in what it lets a site do to it."""

from __future__ import annotations

from dataclasses import dataclass, fields

PRODUCT = "gongkai"
"""The name that robots.txt may address."""

_MAY_BE_NONE = frozenset(("max_redirects", "retries", "backoff_seconds", "backoff_most"))


@dataclass(frozen=True, slots=True)
class Manners:
    """The bounds of a night. Rates and concurrency are kept for each host, budgets for the night as a whole."""

    user_agent: str = PRODUCT
    """What a site's log shows; it names somebody to write to: `Manners.agent("name@example.org")`."""

    rate: float = 1.0
    """Requests a second to one host; a longer Crawl-delay of its robots.txt is kept. `inf` lifts the bound."""

    host_concurrency: int = 2
    """Requests at a time to one host."""

    concurrency: int = 16
    """Requests at a time in all."""

    budget_requests: int = 200_000
    budget_bytes: int = 50_000_000_000
    budget_seconds: float = 5 * 3600.0
    """When one of the three is used up the night ends, and the next one begins with what is owed."""

    max_redirects: int = 8
    """Redirects of one document, those by pages and scripts among them."""

    max_bytes: int = 100_000_000
    """Bytes of one answer as sent."""

    max_decoded_bytes: int = 150_000_000
    """Bytes of one answer once unpacked."""

    connect_seconds: float = 15.0
    read_seconds: float = 30.0
    """Seconds without a single byte."""

    total_seconds: float = 180.0
    """Seconds for one answer as a whole, however busily it drips."""

    retries: int = 3
    """Further tries after no answer, 429 or 5xx."""

    backoff_seconds: float = 2.0
    """The first wait between tries; each further one doubles, up to `backoff_most`, with jitter."""

    backoff_most: float = 60.0
    """Also the longest Retry-After that is waited for in place; a host that asks for more is left alone until then."""

    host_failures: int = 4
    """Documents in a row without any answer, after which a host is left alone for the night."""

    max_list_pages: int = 300
    """Pages of one list."""

    max_documents: int = 20_000
    """Documents of one source."""

    allow: tuple[str, ...] = ()
    """Private addresses that may be asked all the same: networks (10.1.0.0/16), addresses or host names, each with
    `:port` if only that one shall be."""

    ca_file: str | None = None
    """A PEM file of further certificates to trust, for a site whose chain lacks an intermediate one."""

    probe: bool = True
    """Ask each host once a night, if anything new is on it, for a page that cannot be there: how it answers then tells
    a missing page from a real one."""

    def __post_init__(self) -> None:
        """Raises ValueError for a bound that is none."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                least = 0 if field.name in _MAY_BE_NONE else 1e-6
                if not value >= least:
                    raise ValueError(
                        f"{field.name} must be {'at least 0' if least == 0 else 'greater than 0'}: {value}"
                    )

    @staticmethod
    def agent(contact: str, version: str = "") -> str:
        """A User-Agent with somebody to write to, e.g. `gongkai/0.1.0 (+mailto:name@example.org)`."""
        contact = f"mailto:{contact}" if "@" in contact and ":" not in contact else contact
        return f"{PRODUCT}{'/' + version if version else ''} (+{contact})"
