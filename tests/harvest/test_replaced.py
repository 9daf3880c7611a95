"""What a government replaces, takes away and puts back: nothing is overwritten, nothing is lost."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.harvest import RawStore
from pipeline.run import run
from tests.harvest.site import Site, list_page, night, pdf, source
from tests.readers import reader

TITLE = "甲县2020年政府信息公开工作年度报告"


def rows(store: RawStore) -> list[tuple[str, str, bool]]:
    """(path, bytes, whether it vanished) of every document's row."""
    return [
        (item.url.rpartition("/")[2], store.read(item.sha256).decode(), item.vanished_at is not None)
        for item in store.items()
        if item.role == "document"
    ]


def test_a_silent_replacement_is_a_new_row(site: Site, store: RawStore) -> None:
    town = source(site.url + "/list.html")
    site.put("/list.html", list_page(("/1.txt", TITLE)))
    for text in ("first", "second", "first"):
        site.put("/1.txt", text)
        night(store, town)
    assert rows(store) == [("1.txt", "first", False), ("1.txt", "second", False), ("1.txt", "first", False)]
    assert [(store.read(s.sha256), s.replaced) for s in sorted(store.documents(), key=lambda s: s.replaced)] == [
        (b"first", False),
        (b"second", True),
    ]


def test_what_vanishes_stays_and_is_marked_and_may_come_back(site: Site, store: RawStore) -> None:
    town = source(site.url + "/list.html")
    site.put("/list.html", list_page(("/1.txt", TITLE), ("/2.txt", TITLE)))
    site.put("/1.txt", "one")
    site.put("/2.txt", "two")
    night(store, town)
    del site.pages["/1.txt"]
    harvested = night(store, town)
    assert (harvested.vanished, harvested.unchanged, harvested.n_failed) == (1, 1, 0)
    assert sorted(rows(store)) == [("1.txt", "one", True), ("2.txt", "two", False)]
    assert not any(stored.replaced for stored in store.documents())
    site.log.clear()
    harvested = night(store, town)  # soon after: not tried again yet
    assert (harvested.waiting, harvested.vanished, len(site.asked("/1.txt"))) == (1, 0, 0)
    site.put("/1.txt", "one")
    harvested = night(store, town, now=lambda: datetime.now(UTC) + timedelta(days=1))
    assert (harvested.new, harvested.waiting) == (1, 0)
    assert sorted(rows(store)) == [("1.txt", "one", False), ("1.txt", "one", True), ("2.txt", "two", False)]


def test_a_source_that_led_to_documents_and_leads_to_none_is_an_alarm(site: Site, store: RawStore) -> None:
    town = source(site.url + "/list.html")
    site.put("/list.html", list_page(("/1.txt", TITLE)))
    site.put("/1.txt", "one")
    assert night(store, town).alarms == ()
    site.put("/list.html", list_page())
    harvested = night(store, town)
    (silent,) = harvested.fell_silent
    assert (silent.known, silent.seen, harvested.unchanged) == (1, 0, 1)
    assert "1 documents before, none tonight; no link of the list is one to follow" in harvested.alarms[0]
    del site.pages["/list.html"]
    (alarm,) = night(store, town).alarms
    assert "the list could not be had: HTTP 404" in alarm


def test_the_main_job_publishes_whence_and_which_stands(site: Site, tmp_path: Path) -> None:
    store = RawStore(tmp_path / "raw" / "harvested")
    site.put("/list.html", list_page(("/1.txt", TITLE), ("/2.txt", TITLE)))
    site.put("/2.txt", "year=2021 publisher=乙县人民政府")
    (tmp_path / "raw/sources.csv").parent.mkdir()
    (tmp_path / "raw/sources.csv").write_text("no report, and not read as one")

    def published() -> list[tuple[str, str, str]]:
        run([tmp_path / "raw"], tmp_path / "out", reader=reader())
        with (tmp_path / "out/reports.csv").open(encoding="utf-8") as file:
            found = list(csv.DictReader(file))
        ids = {row["report_id"]: store.read(row["sha256"]).decode() for row in found}
        for row in found:
            assert row["source_path"] == f"harvested/objects/{row['sha256'][:2]}/{row['sha256']}"
        return sorted((ids[r["report_id"]], r["source_url"], ids.get(r["superseded_by"], "")) for r in found)

    one, two = site.url + "/1.txt", site.url + "/2.txt"
    texts = [f"year=2020 carried_in={n}" for n in range(1, 4)]
    for text in texts:
        site.put("/1.txt", text)
        assert night(store, source(site.url + "/list.html")).wrote
    assert published() == [
        (texts[0], one, texts[2]),
        (texts[1], one, texts[2]),
        (texts[2], one, ""),
        ("year=2021 publisher=乙县人民政府", two, ""),
    ]
    before = (tmp_path / "out/reports.csv").stat()
    assert not run([tmp_path / "raw"], tmp_path / "out", reader=reader()).changed
    assert (tmp_path / "out/reports.csv").stat() == before
    site.put("/1.txt", texts[0])  # the first one is put back
    night(store, source(site.url + "/list.html"))
    assert published()[:3] == [(texts[0], one, ""), (texts[1], one, texts[0]), (texts[2], one, texts[0])]


def test_the_same_content_at_several_addresses_is_one_document(site: Site, store: RawStore) -> None:
    site.put("/list.html", list_page(("/b.pdf", TITLE), ("/a.pdf", TITLE)))
    for path in ("/a.pdf", "/b.pdf"):
        site.put(path, pdf())
    night(store, source(site.url + "/list.html"))
    assert [stored.url for stored in store.documents()] == [site.url + "/a.pdf"]
    del site.pages["/a.pdf"]
    night(store, source(site.url + "/list.html"))
    assert [stored.url for stored in store.documents()] == [site.url + "/b.pdf"]
