"""Which addresses of the network may be asked at all: those of the public web, and what is explicitly allowed.

A report's link may lead to a machine within the reader's own network, by its name, its number, a redirect, or a name
that resolves differently the second time (DNS rebinding). So the check stands where the connection is made: a name is
resolved once, its addresses are judged, and the connection goes to an address that was judged.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REFUSED = tuple(
    (ipaddress.ip_network(network), what)
    for network, what in (
        ("127.0.0.0/8", "this machine"),
        ("::1/128", "this machine"),
        ("0.0.0.0/8", "this machine"),
        ("::/128", "this machine"),
        ("10.0.0.0/8", "a private network"),
        ("172.16.0.0/12", "a private network"),
        ("192.168.0.0/16", "a private network"),
        ("fc00::/7", "a private network"),
        ("fec0::/10", "a private network"),
        ("100.64.0.0/10", "a provider's inner network"),
        ("169.254.0.0/16", "a link-local address, where clouds keep their metadata"),
        ("fe80::/10", "a link-local address"),
        ("168.63.129.16/32", "a cloud's metadata service"),
        ("224.0.0.0/4", "a multicast address"),
        ("ff00::/8", "a multicast address"),
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(Exception):
    """An address that must not be asked; the message says why."""


@dataclass(frozen=True, slots=True)
class _Allowed:
    network: Network | None
    host: str | None
    port: int | None

    def covers(self, host: str, address: Address, port: int) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is not None:
            return address.version == self.network.version and address in self.network
        return self.host == host.lower()


class Policy:
    """What may be connected to. `allow` lists networks, addresses and host names, each with `:port` or without."""

    def __init__(self, allow: Iterable[str] = ()) -> None:
        """Raises ValueError for an entry that is none."""
        self._allowed = tuple(map(_entry, allow))

    def why_not(self, host: str, address: Address, port: int) -> str | None:
        """Why `address`, which `host` resolved to, may not be connected to at `port`; None when it may."""
        address = _plain(address)
        if any(entry.covers(host, address, port) for entry in self._allowed):
            return None
        inner = _embedded(address) or address
        for network, what in _REFUSED:
            if inner.version == network.version and inner in network:
                return f"{address} is {what}"
        if inner.is_multicast or inner.is_reserved or not inner.is_global:
            return f"{address} is no address of the public network"
        if port not in (80, 443) and port < 1024:
            return f"port {port} belongs to another service than the web"
        return None

    def judged(self, host: str, addresses: Iterable[str], port: int) -> list[str]:
        """Those of `addresses` that may be connected to, in their order. Raises Refused when there is none."""
        reasons, fit = [], []
        for text in addresses:
            address = ipaddress.ip_address(text.partition("%")[0])
            reason = self.why_not(host, address, port)
            if reason is None:
                fit.append(text)
            else:
                reasons.append(reason)
        if not fit:
            raise Refused(f"{host}: {'; '.join(dict.fromkeys(reasons)) or 'the name has no address'}")
        return list(dict.fromkeys(fit))


def _entry(text: str) -> _Allowed:
    place, port = text.strip(), None
    head, colon, tail = place.rpartition(":")
    if colon and tail.isdigit() and (":" not in head or head.endswith("]")):
        place, port = head, int(tail)
    place = place.removeprefix("[").removesuffix("]")
    try:
        return _Allowed(ipaddress.ip_network(place, strict=False), None, port)
    except ValueError:
        if not place or any(sign in place for sign in "/ @"):
            raise ValueError(
                f"{text!r} is no network, address or host name; write 10.1.0.0/16, 10.1.2.3:8080 or intranet.example"
            ) from None
        return _Allowed(None, place.lower(), port)


def _plain(address: Address) -> Address:
    """An IPv4 address written as an IPv6 one, as IPv4."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _embedded(address: Address) -> Address | None:
    """The IPv4 address that a translated or tunnelled IPv6 address leads to."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or int(address) >> 32 == 0:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
