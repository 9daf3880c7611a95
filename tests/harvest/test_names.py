"""File names as Content-Disposition sends them; none of them becomes a path."""

from __future__ import annotations

import pytest

from pipeline.harvest import RawStore
from pipeline.harvest.names import file_name
from tests.harvest.site import Site, night, pdf, source

NAME = "甲县2020年年报.pdf"


@pytest.mark.parametrize(
    "raw",
    [
        'attachment; filename="甲县2020年年报.pdf"'.encode("gbk"),
        "attachment;filename=甲县2020年年报.pdf".encode("gbk"),
        'attachment; filename="甲县2020年年报.pdf"'.encode(),
        b"attachment; filename*=UTF-8''%E7%94%B2%E5%8E%BF2020%E5%B9%B4%E5%B9%B4%E6%8A%A5.pdf",
        b"attachment; filename=\"x.pdf\"; filename*=gbk''%BC%D7%CF%D82020%C4%EA%C4%EA%B1%A8.pdf",
        b'attachment; filename="%BC%D7%CF%D82020%C4%EA%C4%EA%B1%A8.pdf"',
        b'attachment; filename="=?UTF-8?B?55Sy5Y6/MjAyMOW5tOW5tOaKpS5wZGY=?="',
        'inline; FileName="C:\\reports\\甲县2020年年报.pdf"'.encode(),
        'attachment; filename="../../etc/甲县2020年年报.pdf"'.encode("gbk"),
        'attachment; filename="甲县\u202e2020\x00年年报.pdf"'.encode(),
    ],
)
def test_names_in_every_form_they_are_sent_in(raw: bytes) -> None:
    assert file_name(raw) == NAME


@pytest.mark.parametrize(
    "raw", [None, b"", b"attachment", b'attachment; filename=""', b"filename=../..", b"filename=/"]
)
def test_no_name(raw: bytes | None) -> None:
    assert file_name(raw) is None


def test_a_long_name_is_cut() -> None:
    assert len(file_name(b"attachment; filename=" + b"a" * 5_000) or "") == 200


def test_a_name_is_kept_and_never_a_path(site: Site, store: RawStore) -> None:
    header = 'attachment; filename="../../../甲县2020年年报.pdf"'.encode("gbk")
    site.put("/f?id=1", pdf(), headers=((b"Content-Disposition", header),))
    night(store, source(site.url + "/f?id=1", follow=None))
    (item,) = store.items()
    assert item.name == NAME
    kept = {path.relative_to(store.root).as_posix() for path in store.root.parent.rglob("*") if path.is_file()}
    assert kept == {f"objects/{item.sha256[:2]}/{item.sha256}", "manifest.sqlite", ".lock"}
