"""Nights over a real site: what they do, what they tell, and what they keep."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import nightly
from pipeline.nightly.record import Nights, name_of
from pipeline.nightly.stages import BACKFILL, Asked, plain
from pipeline.nightly.turns import GiveWay
from pipeline.run import Summary, run
from tests.harvest.site import Site
from tests.nightly.nights import SAMPLES, Home, kinds, publish

TEXT = "laizhou-2020.md"
HTML = "yishui-2020.html"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.chdir(tmp_path)
    return Home(tmp_path)


def test_a_good_night_publishes_and_the_next_does_nothing(site: Site, home: Home) -> None:
    publish(site, HTML)
    home.sources(site.url + "/list")
    first = home.night()
    assert kinds(first) == []
    assert first.harvested is not None
    assert first.summary is not None
    assert (first.harvested["new"], first.summary["extracted"], first.summary["read"]) == (1, 1, 1)
    facts = (home.out / "facts.csv").read_bytes()
    assert len(facts.splitlines()) > 100

    second = home.night()
    assert kinds(second) == []
    assert second.harvested is not None
    assert second.summary is not None
    assert (second.harvested["new"], second.summary["read"], second.summary["changed"]) == (0, 0, ())
    assert (home.out / "facts.csv").read_bytes() == facts
    # the first good night of the week said that all is well; the second has nothing to say
    assert [notice.level for notice in home.told] == ["well"]

    newest, before = Nights(home.out).newest_first()
    folder = home.out / ".gongkai/nights"
    assert (before.run, before.told, before.weekly) == ("test/run", ("test",), True)
    assert set(before.seconds) == {"fetching", "reading and publishing", "reporting"}
    assert before.summary == json.loads(json.dumps(first.summary))
    assert json.loads((folder / "latest-harvest.json").read_text(encoding="utf-8"))["summary"] == newest.summary
    page = (folder / f"{name_of(before)}.html").read_text(encoding="utf-8")
    assert "all is well" in page
    assert "第0县人民政府" in page


@pytest.mark.slow
def test_a_network_that_is_down_is_an_alarm_and_what_was_fetched_is_still_published(site: Site, home: Home) -> None:
    publish(site, HTML)
    home.sources("http://127.0.0.1:1/list")
    shutil.copy(SAMPLES / TEXT, home.folder / "raw")
    night = home.night()
    assert kinds(night) == ["nothing_fetched"]
    assert night.summary is not None
    assert night.summary["extracted"] == 1
    (notice,) = home.told
    assert notice.level == "alarm"
    assert "127.0.0.1:1" in notice.text


def nothing_to_publish(*_: object) -> Summary:
    return Summary()


def test_half_of_the_sources_down_is_an_alarm_and_one_of_many_is_none(site: Site, home: Home) -> None:
    publish(site, HTML)
    home.sources(site.url + "/list", "http://127.0.0.1:1/list", "http://127.0.0.1:2/list")
    assert kinds(home.night(publish=nothing_to_publish)) == ["sources_failing"]
    home.sources(*(f"{site.url}/list?{n}" for n in range(3)), "http://127.0.0.1:1/list")
    for n in range(3):
        publish(site, HTML, page=f"/list?{n}")
    assert kinds(home.night(publish=nothing_to_publish)) == []
    for _ in range(6):
        night = home.night(publish=nothing_to_publish)
    assert kinds(night) == ["source_down"]
    assert night.alarms == ()
    assert home.told[-1].level == "notice"
    assert kinds(home.night(publish=nothing_to_publish)) == []  # said once


def test_a_list_that_leads_to_nothing_any_more_is_an_alarm(site: Site, home: Home) -> None:
    publish(site, HTML)
    home.sources(site.url + "/list")
    home.night(publish=nothing_to_publish)
    site.put("/list", "<html><meta charset=utf-8><h1>网站改版</h1><a href='/other'>其他</a>")
    night = home.night(publish=nothing_to_publish)
    assert kinds(night) == ["source_silent"]
    assert "第0县人民政府" in night.problems[0].examples[0]
    assert kinds(home.backfill(Asked(BACKFILL, years=(2015,)), publish=nothing_to_publish)) == []
    assert len(list((home.folder / "store/objects").rglob("*/*"))) >= 2  # what was fetched stays


@pytest.mark.slow
def test_a_report_that_was_there_last_night_and_is_gone_is_an_alarm_once(home: Home) -> None:
    home.sources()
    home.given["gate"] = {"lost": 1.0, "lost_of_year": 1.0}
    shutil.copy(SAMPLES / TEXT, home.folder / "raw")
    assert kinds(home.night()) == []
    (home.folder / "raw" / TEXT).unlink()
    night = home.night()
    assert kinds(night) == ["lost_reports"]
    assert night.problems[0].examples == (f"莱州市人民政府 2020 ({TEXT})",)
    assert kinds(home.night()) == []


@pytest.mark.slow
def test_a_gate_that_holds_is_an_alarm_every_night_until_a_person_decides(home: Home) -> None:
    home.sources()
    shutil.copy(SAMPLES / TEXT, home.folder / "raw")
    home.night()
    (home.folder / "raw" / TEXT).unlink()
    before = (home.out / "reports.csv").read_bytes()
    for nights in (1, 2):
        night = home.night()
        assert kinds(night) == ["held"]
        assert (home.out / "reports.csv").read_bytes() == before
        assert (
            f"gongkai let-through {home.out} {night.summary['held_version'] if night.summary else ''}"
            in home.told[-1].text
        )
        assert ("(for 2 nights in a row)" in home.told[-1].text) == (nights == 2)


@pytest.mark.slow
def test_what_a_person_let_through_is_no_alarm(home: Home) -> None:
    home.sources()
    home.given["gate"] = {"lost": 1.0, "lost_of_year": 1.0}
    shutil.copy(SAMPLES / TEXT, home.folder / "raw")
    home.night()
    (home.folder / "raw" / TEXT).unlink()
    run([home.folder / "raw"], home.out)
    nightly.accept(home.out)
    assert kinds(home.night()) == []


@pytest.mark.slow
def test_a_correction_that_fails_is_an_alarm(site: Site, home: Home) -> None:
    home.sources()
    shutil.copy(SAMPLES / TEXT, home.folder / "raw")
    (home.folder / "raw/corrections.csv").write_text(
        "sha256,table_id,row_id,column_id,printed,corrected,reason,who,date\n"
        f"{'0' * 64},requests,received,total,63,62,misprint,Wang,2024-05-31\n"
    )
    night = home.night()
    assert kinds(night) == ["uncorrected"]
    assert night.summary is not None
    assert night.summary["extracted"] == 1


@pytest.mark.slow
def test_a_stage_that_fails_is_told_with_its_words_and_the_others_go_on(home: Home) -> None:
    shutil.copytree(SAMPLES, home.folder / "raw", ignore=lambda _, names: [n for n in names if n != TEXT])
    night = home.night()  # there is no sources.csv
    assert kinds(night) == ["failed"]
    assert "sources.csv is not there" in night.problems[0].what
    assert night.summary is not None
    assert night.summary["extracted"] == 1

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    night = home.night(publish=full)
    assert [problem.what for problem in night.problems][1] == (
        "reading and publishing failed: OSError: [Errno 28] No space left on device"
    )


def test_no_contact_is_no_harvest(site: Site, home: Home) -> None:
    publish(site, HTML)
    home.sources(site.url + "/list")
    home.given["contact"] = None
    night = home.night()
    assert kinds(night) == ["failed"]
    assert "GONGKAI_CONTACT" in night.problems[0].what
    assert site.log == []


def test_that_nobody_could_be_told_is_an_alarm_of_its_own(home: Home) -> None:
    home.sources()
    home.refuse = ("the webhook at hooks.example.org answered 500",)
    night = home.night()
    assert kinds(night) == ["not_told"]
    assert night.alarms
    assert night.told == ()
    home.refuse = ()
    assert home.night().weekly  # the word that all is well is still due


def test_a_gap_between_nights_is_told(home: Home) -> None:
    home.sources()
    home.night()
    home.nights += 2
    night = home.night()
    assert kinds(night) == ["gap"]
    assert "3 d" in night.problems[0].what
    assert not night.alarms


@pytest.mark.slow
def test_a_backfill_reads_anew_what_it_is_asked_for_once(home: Home) -> None:
    home.sources()
    for name in (TEXT, HTML):
        shutil.copy(SAMPLES / name, home.folder / "raw")
    home.night()
    asked = Asked(BACKFILL, years=(2020,), jurisdictions=("371300",), reextract=True)

    def broken_off(*arguments: object) -> None:
        plain().publish(*arguments)  # type: ignore[arg-type]
        raise RuntimeError("the machine was switched off")

    first = home.backfill(asked, publish=broken_off)
    assert kinds(first) == ["failed"]
    second = home.backfill(asked)
    assert second.summary is not None
    assert second.summary["read"] == 0  # the first had read it
    third = home.backfill(asked)
    assert third.summary is not None
    assert third.summary["read"] == 1  # a new wish: the one report from there, not the other
    other = home.backfill(Asked(BACKFILL, years=(2019,), reextract=True))
    assert other.summary is not None
    assert other.summary["read"] == 0


def test_a_backfill_of_a_source_that_is_not_listed_says_so(site: Site, home: Home) -> None:
    home.sources(site.url + "/list")
    night = home.backfill(Asked(BACKFILL, sources=("第9县人民政府",)))
    assert "there is no source 第9县人民政府" in night.problems[0].what


def test_a_backfill_that_gives_way_keeps_no_record(home: Home) -> None:
    home.sources()

    def gives_way(*_: object) -> None:
        raise GiveWay("a night wants to work")

    with pytest.raises(GiveWay):
        home.backfill(Asked(BACKFILL), publish=gives_way)
    assert list(Nights(home.out).newest_first()) == []
    assert home.told == []
