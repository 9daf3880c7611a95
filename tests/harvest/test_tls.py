"""Certificates: a chain that lacks its intermediate one is refused with a clear reason, and never let pass unseen."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from pipeline.harvest import RawStore
from tests.harvest.site import FAST, Site, night, pdf, source

LACKS = "the site's certificate chain lacks an intermediate certificate"
REFUSED = "not fetched, since nobody could tell who answers; certificates may be added by `ca_file`"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def served(cert: trustme.LeafCert, whole: bool = True) -> Site:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem = cert.private_key_and_cert_chain_pem.bytes()
    if not whole:
        pem = cert.private_key_pem.bytes() + cert.cert_chain_pems[0].bytes()
    with trustme.Blob(pem).tempfile() as path:
        context.load_cert_chain(path)
    return Site(context)


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "root.pem"
    path.write_bytes(authority.cert_pem.bytes())
    return path


def fetch(site: Site, store: RawStore, ca_file: Path | None) -> tuple[int, list[str]]:
    site.put("/1.pdf", pdf())
    manners = replace(FAST, ca_file=str(ca_file) if ca_file else None)
    harvested = night(store, source(site.url + "/1.pdf", follow=None), manners=manners)
    return harvested.new, list(harvested.examples)


def test_a_whole_chain_of_a_known_authority_is_trusted(authority: trustme.CA, trusted: Path, store: RawStore) -> None:
    with served(authority.create_child_ca().issue_cert("127.0.0.1")) as site:
        assert fetch(site, store, trusted) == (1, [])


def test_a_chain_without_its_intermediate_is_refused(authority: trustme.CA, trusted: Path, store: RawStore) -> None:
    between = authority.create_child_ca()
    with served(between.issue_cert("127.0.0.1"), whole=False) as site:
        new, (reason,) = fetch(site, store, trusted)
        assert new == 0
        assert reason.startswith(LACKS)
        assert reason.endswith(REFUSED)
        assert site.log == []
        both = trusted.with_name("both.pem")  # what a person may do about it
        both.write_bytes(trusted.read_bytes() + between.cert_pem.bytes())
        assert fetch(site, store, both) == (1, [])


def test_an_authority_that_is_not_known_is_refused(authority: trustme.CA, store: RawStore) -> None:
    with served(authority.issue_cert("127.0.0.1")) as site:
        new, (reason,) = fetch(site, store, None)
        assert new == 0
        assert reason.endswith(REFUSED)


def test_a_certificate_for_another_name_is_refused(authority: trustme.CA, trusted: Path, store: RawStore) -> None:
    with served(authority.issue_cert("www.example.cn")) as site:
        new, (reason,) = fetch(site, store, trusted)
        assert new == 0
        assert reason == f"the site's certificate is for another name; {REFUSED}"


def test_an_untrusted_site_is_met_once_a_night(authority: trustme.CA, store: RawStore) -> None:
    with served(authority.issue_cert("127.0.0.1")) as site:
        sources = [source(f"{site.url}/{n}.pdf", follow=None, publisher=str(n)) for n in range(5)]
        manners = replace(FAST, host_concurrency=1)
        harvested = night(store, *sources, manners=manners)
        assert harvested.n_failed == 5
        assert harvested.requests == 1
