"""The raw store: whole at every moment, one writer, and read without leaving a trace."""

from __future__ import annotations

import csv
import errno
import io
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.discover import discover
from pipeline.harvest import RawStore
from pipeline.harvest.manifest import FILE, Damaged, Item, Manifest
from pipeline.harvest.store import Busy, Incoming, StoreFailed, is_store
from tests.harvest.site import Site, list_page, night, pdf, source


def incoming(store: RawStore, data: bytes) -> Incoming:
    body = store.incoming()
    body.write(data)
    return body


def item(body: Incoming, url: str = "http://x.cn/1", role: str = "document", at: str = "2026-01-01T00:00:00Z") -> Item:
    return Item(url, url, at, 200, body.sha256, body.size, role, "s")


def adding(row: Item) -> Callable[[Manifest], None]:
    return lambda manifest: manifest.add(row)


def keep(store: RawStore, *contents: tuple[str, bytes]) -> None:
    with store.writing():
        for url, data in contents:
            body = incoming(store, data)
            store.commit([(body, adding(item(body, url)))])


def test_objects_lie_under_their_digest_and_cannot_be_written_to(store: RawStore) -> None:
    keep(store, ("http://x.cn/1", b"one"), ("http://x.cn/2", b"one"), ("http://x.cn/3", b"x" * 3_000_000))
    objects = [path for path in (store.root / "objects").rglob("*") if path.is_file()]
    assert len(objects) == 2
    for path in objects:
        assert path == store.path_of(path.name)
        assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert [row.bytes for row in store.items()] == [3, 3, 3_000_000]


def test_an_object_that_the_disk_has_damaged_is_put_right(store: RawStore) -> None:
    keep(store, ("http://x.cn/1", b"one"))
    path = store.path_of(store.items()[0].sha256)
    path.chmod(0o644)
    path.write_bytes(b"eno")
    keep(store, ("http://x.cn/1", b"one"))
    assert path.read_bytes() == b"one"


@pytest.mark.parametrize("step", ["write", "os.fsync", "os.replace"])
def test_a_full_disk_leaves_what_was_there(store: RawStore, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(store, ("http://x.cn/1", b"one"))

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with store.writing():
        body = incoming(store, b"two")
        row = item(body)
        if step != "write":
            monkeypatch.setattr(f"pipeline.harvest.store.{step}", full)
        else:
            monkeypatch.setattr("pipeline.harvest.store.tempfile.mkstemp", full)
        with pytest.raises(OSError, match="No space left"):
            store.commit([(body, adding(row))])
        monkeypatch.undo()
    assert [store.read(kept.sha256) for kept in store.items()] == [b"one"]
    keep(store, ("http://x.cn/1", b"two"))
    assert [store.read(kept.sha256) for kept in store.items()] == [b"one", b"two"]


def test_a_full_disk_ends_the_harvest_and_the_next_one_goes_on(
    site: Site, store: RawStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.put("/list.html", list_page(*((f"/{n}.pdf", "年度报告") for n in range(6))))
    for n in range(6):
        site.put(f"/{n}.pdf", pdf(str(n)) + b"%" * (3_000_000 if n == 3 else 0))

    def full(self: Incoming) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Incoming, "_spill", full)
    with pytest.raises(OSError, match="No space left"):
        night(store, source(site.url + "/list.html"))
    monkeypatch.undo()
    for row in store.items():
        assert store.holds(row.sha256, row.bytes)
    harvested = night(store, source(site.url + "/list.html"))
    assert harvested.new + harvested.unchanged == 6
    assert len(store.documents()) == 6


def test_a_transaction_is_whole_or_not_there(store: RawStore) -> None:
    def failing(manifest: Manifest) -> None:
        manifest.sight("s", "http://x.cn/2", None)
        raise KeyError("a fault")

    with store.writing() as manifest:
        body = incoming(store, b"one")
        with pytest.raises(KeyError):
            store.commit([(body, adding(item(body))), (None, failing)])
        assert manifest.latest("http://x.cn/1", "document") is None
        assert not manifest.was_seen("s", "http://x.cn/2")
        store.commit([(None, adding(item(body)))])
        assert manifest.latest("http://x.cn/1", "document") is not None


def test_two_harvests_at_once(site: Site, store: RawStore) -> None:
    with store.writing(), pytest.raises(Busy, match="another harvest is at work"):
        night(store, source(site.url + "/1.pdf", follow=None))
    night(store, source(site.url + "/1.pdf", follow=None))


def test_what_was_on_its_way_when_a_harvest_was_killed_is_dropped(store: RawStore) -> None:
    keep(store)
    (store.root / ".incoming/left").write_bytes(b"half")
    keep(store)
    assert list((store.root / ".incoming").iterdir()) == []


def test_reading_leaves_no_trace(store: RawStore) -> None:
    keep(store, ("http://x.cn/1", b"one"))

    def trace() -> dict[str, tuple[int, int]]:
        return {str(p): (p.stat().st_mtime_ns, p.stat().st_ino) for p in [store.root, *store.root.rglob("*")]}

    before = trace()
    assert len(store.documents()) == 1
    assert trace() == before


def test_a_store_is_read_while_a_harvest_is_at_work_on_it(store: RawStore) -> None:
    with store.writing():
        assert store.items() == []
        body = incoming(store, b"one")
        store.commit([(body, adding(item(body)))])
        assert len(store.items()) == 1
        assert (store.root / f"{FILE}-wal").exists()


def test_a_damaged_manifest_is_said_and_nothing_is_begun_anew(site: Site, store: RawStore) -> None:
    keep(store, ("http://x.cn/1", b"one"))
    path = store.root / FILE
    path.write_bytes(b"no database" * 1_000)
    for use in (store.items, lambda: night(store), lambda: discover([store.root.parent])):
        with pytest.raises(Damaged, match=r"manifest\.sqlite is damaged"):
            use()
    assert path.read_bytes() == b"no database" * 1_000


def test_a_manifest_of_another_version_is_left_alone(store: RawStore) -> None:
    keep(store)
    import sqlite3

    with sqlite3.connect(store.root / FILE) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(Damaged, match="another version of this program"):
        keep(store)


def test_the_manifest_as_csv(store: RawStore) -> None:
    keep(store, ("http://x.cn/1", b"one"))
    file = io.StringIO()
    store.export(file)
    (row,) = csv.DictReader(io.StringIO(file.getvalue()))
    assert (row["item"], row["url"], row["bytes"], row["vanished_at"]) == ("1", "http://x.cn/1", "3", "")


def test_what_the_main_job_finds_in_a_store(store: RawStore, tmp_path: Path) -> None:
    with store.writing():
        for url, role in (("http://x.cn/b", "document"), ("http://x.cn/list", "list"), ("http://x.cn/w", "page")):
            body = incoming(store, url.encode())
            store.commit([(body, adding(item(body, url, role)))])
    (tmp_path / "other.pdf").write_bytes(b"x")
    assert is_store(store.root)
    assert not is_store(tmp_path)
    names = [(s.source_path.partition("/")[0], s.source_url, s.reason) for s in discover([tmp_path])]
    assert names == [("other.pdf", None, None), ("store", "http://x.cn/b", None)]
    store.path_of(store.documents()[0].sha256).unlink()
    assert [s.reason for s in discover([store.root])] == ["gone from the raw store"]


def test_failing_to_receive_is_the_stores_failure(store: RawStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.writing():
        body = store.incoming()

        def full(**_: object) -> None:
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

        monkeypatch.setattr("pipeline.harvest.store.tempfile.mkstemp", full)
        with pytest.raises(StoreFailed):
            body.write(b"x" * 3_000_000)
        body.discard()
