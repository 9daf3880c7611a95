"""No private address is asked: not by name, not by number, not after a redirect, not when the name changes its mind."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from pipeline.harvest import RawStore
from pipeline.harvest.addresses import Policy, Refused
from pipeline.harvest.connections import Guarded
from tests.harvest.site import FAST, Site, list_page, night, pdf, source

PRIVATE = [
    "127.0.0.1",
    "127.8.9.1",
    "::1",
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
    "240.0.0.1",
    "198.18.0.1",
    "203.0.113.9",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
    "::127.0.0.1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    with pytest.raises(Refused):
        Policy().judged("www.example.cn", [address], 80)


@pytest.mark.parametrize("address", ["61.135.169.121", "2400:3200::1", "::ffff:61.135.169.121"])
def test_public_addresses_pass(address: str) -> None:
    assert Policy().judged("www.example.cn", [address, address], 443) == [address]


def test_of_many_addresses_the_public_ones_are_taken() -> None:
    assert Policy().judged("x.cn", ["10.0.0.1", "61.135.169.121"], 80) == ["61.135.169.121"]


@pytest.mark.parametrize("port", [22, 25, 110, 445])
def test_ports_of_other_services_are_refused(port: int) -> None:
    with pytest.raises(Refused, match="another service"):
        Policy().judged("x.cn", ["61.135.169.121"], port)
    assert Policy().judged("x.cn", ["61.135.169.121"], 8080)


@pytest.mark.parametrize(
    ("allow", "host", "address", "port", "passes"),
    [
        ("10.1.0.0/16", "x", "10.1.2.3", 80, True),
        ("10.1.0.0/16", "x", "10.2.2.3", 80, False),
        ("10.1.2.3", "x", "10.1.2.3", 8080, True),
        ("10.1.2.3:8080", "x", "10.1.2.3", 8080, True),
        ("10.1.2.3:8080", "x", "10.1.2.3", 80, False),
        ("intranet.example", "Intranet.Example", "10.1.2.3", 80, True),
        ("intranet.example", "other.example", "10.1.2.3", 80, False),
        ("[::1]:8080", "x", "::1", 8080, True),
        ("::1", "x", "::1", 80, True),
        ("10.1.2.3", "x", "::ffff:10.1.2.3", 80, True),
    ],
)
def test_what_is_allowed_explicitly(allow: str, host: str, address: str, port: int, passes: bool) -> None:
    assert (Policy([allow]).why_not(host, __import__("ipaddress").ip_address(address), port) is None) == passes


@pytest.mark.parametrize("allow", ["", "10.1.0.0/33", "a b", "http://x"])
def test_what_is_no_address_to_allow(allow: str, store: RawStore) -> None:
    with pytest.raises(ValueError, match="no network, address or host name"):
        night(store, source("http://x.example/", follow=None), manners=replace(FAST, allow=(allow,)))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_this_machine_is_not_asked_under_any_name(site: Site, store: RawStore, host: str) -> None:
    site.put("/1.pdf", pdf())
    url = f"http://{host}:{site.port}/1.pdf"
    harvested = night(store, source(url, follow=None), manners=replace(FAST, allow=()))
    (reason,) = harvested.examples
    assert "this machine" in reason
    assert site.log == []


def test_a_redirect_to_a_private_address_is_refused(site: Site, store: RawStore) -> None:
    with Site() as inner:
        inner.put("/secret", "top secret")
        moved = ((b"Location", f"{inner.url}/secret".encode()),)
        site.put("/1.pdf", b"", status=302, headers=moved)
        site.put("/2.html", f'<html><script>location.href="{inner.url}/secret"</script></html>')
        site.put(
            "/list.html", list_page(("/1.pdf", "年度报告"), ("/2.html", "年度报告"), (f"{inner.url}/x", "年度报告"))
        )
        manners = replace(FAST, allow=(f"127.0.0.1:{site.port}",))
        harvested = night(store, source(site.url + "/list.html"), manners=manners)
        assert (harvested.new, harvested.n_failed) == (0, 3)
        assert all(reason.startswith("not asked, for its address: 127.0.0.1") for reason in harvested.examples)
        assert inner.log == []


class Recorded:
    """A backend that notes where it was to connect."""

    def __init__(self) -> None:
        self.at: list[str] = []

    async def connect_tcp(self, host: str, *_: Any) -> str:
        self.at.append(host)
        return "connected"


def test_the_address_that_was_judged_is_the_one_connected_to() -> None:
    """A name that resolves to a public address when it is judged, and to a private one a moment later."""
    answers = [["61.135.169.121"], ["127.0.0.1"]]

    async def resolve(host: str, port: int) -> list[str]:
        return answers.pop(0)

    async def connect() -> list[str]:
        guarded, recorded = Guarded(Policy(), resolve), Recorded()
        guarded._backend = recorded  # type: ignore[assignment]
        await guarded.connect_tcp("rebind.example", 80, 1.0)
        assert len(answers) == 1
        with pytest.raises(Refused):
            await guarded.connect_tcp("rebind.example", 80, 1.0)
        return recorded.at

    assert asyncio.run(connect()) == ["61.135.169.121"]


def test_a_name_that_turns_private_is_refused_at_its_next_connection(
    site: Site, store: RawStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    monkeypatch.setattr("pipeline.harvest.connections.resolve", resolve)
    closing = ((b"Connection", b"close"),)
    site.put("/robots.txt", b"", headers=closing)
    site.put("/1.pdf", pdf())
    manners = replace(FAST, allow=("127.0.0.1",))
    harvested = night(store, source(f"http://rebind.example:{site.port}/1.pdf", follow=None), manners=manners)
    (reason,) = harvested.examples
    assert "metadata" in reason
    assert [request.path for request in site.log] == ["/robots.txt"]
