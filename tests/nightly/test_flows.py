"""The flows in Prefect's real engine: states, artifacts, retries, and who is told. Slow: a server starts once."""

from __future__ import annotations

import importlib
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from pipeline.nightly.record import Nights
from pipeline.nightly.turns import GiveWay, of_a_backfill, of_a_night
from pipeline.settings import load
from pipeline.workers import Lost
from tests.harvest.site import Site
from tests.nightly.nights import Home, publish
from tests.nightly.receivers import Webhook, webhook

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TOKEN = "s3cr3t-t0k3n"


@pytest.fixture(scope="module")
def flows() -> Iterator[ModuleType]:
    module = importlib.import_module("flows")
    from prefect.settings import PREFECT_LOGGING_TO_API_ENABLED, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120), temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: True}):
        yield module


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as receiver:
        yield receiver


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, hook: Webhook, flows: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose settings stand in the environment, as a flow run reads them."""
    monkeypatch.chdir(tmp_path)
    made = Home(tmp_path)
    for name, value in {
        "SOURCES": tmp_path / "raw/sources.csv",
        "STORE": tmp_path / "store",
        "INPUTS": tmp_path / "raw",
        "OUT": made.out,
        "CONTACT": "tests@example.org",
        "HARVEST_ALLOW": "127.0.0.1",
        "HARVEST_RATE": "inf",
        "HARVEST_RETRIES": "0",
        "WEBHOOK_URL": hook.url(f"/{TOKEN}"),
        "PATIENCE": "0",
    }.items():
        monkeypatch.setenv(f"GONGKAI_{name}", str(value))
    for name in ("fetch", "tell"):
        monkeypatch.setattr(flows, name, getattr(flows, name).with_options(retry_delay_seconds=0.1))
    return made


def artifacts(key: str) -> list[Any]:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

    with get_client(sync_client=True) as client:
        return client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])))


def test_a_good_night_is_completed_and_shows_its_summary(
    flows: ModuleType, site: Site, home: Home, hook: Webhook
) -> None:
    publish(site, "yishui-2020.html")
    home.sources(site.url + "/list")
    state = flows.harvest(return_state=True)
    assert (state.type.value, state.message) == ("COMPLETED", "all is well")
    assert (home.out / "facts.csv").is_file()
    (artifact,) = artifacts("gongkai-harvest")
    assert "| new documents | 1 |" in artifact.data
    assert [got["level"] for got in hook.got] == ["well"]
    (night,) = Nights(home.out).newest_first()
    assert night.run is not None
    assert night.run.startswith("harvest/")


def test_a_night_that_needs_a_person_is_failed_and_told_once(flows: ModuleType, home: Home, hook: Webhook) -> None:
    home.sources("http://127.0.0.1:1/list")
    state = flows.harvest(return_state=True)
    assert state.type.value == "FAILED"
    assert state.message == "nothing was fetched: 1 of 1 sources did not answer."
    assert [got["level"] for got in hook.got] == ["alarm"]


def test_an_error_that_no_stage_caught_is_told_too(
    flows: ModuleType, home: Home, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the record could not be kept")

    monkeypatch.setattr(flows.nightly, "night", broken)
    state = flows.harvest(return_state=True)
    assert state.type.value == "FAILED"
    (got,) = hook.got
    assert "the record could not be kept" in got["text"]


def test_fetching_and_telling_are_tried_again(
    flows: ModuleType, home: Home, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.sources()
    hook.answers = [(503, b""), (503, b""), (200, b"")]
    fetch, tries = flows.stages.fetch, []

    def unlucky(*arguments: Any) -> Any:
        tries.append(1)
        if len(tries) < 3:
            raise OSError("Temporary failure in name resolution")
        return fetch(*arguments)

    monkeypatch.setattr(flows.stages, "fetch", unlucky)
    state = flows.harvest(return_state=True)
    assert state.type.value == "COMPLETED"
    assert len(tries) == 3
    assert len(hook.got) == 3


def test_what_was_asked_for_wrongly_is_not_tried_again(
    flows: ModuleType, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.sources()
    fetch, tries = flows.stages.fetch, []

    def counted(*arguments: Any) -> Any:
        tries.append(1)
        return fetch(*arguments)

    monkeypatch.setattr(flows.stages, "fetch", counted)
    state = flows.backfill(sources=["第9县人民政府"], return_state=True)
    assert state.type.value == "FAILED"
    assert "there is no source 第9县人民政府" in state.message
    assert len(tries) == 1


def test_a_second_night_says_so_and_ends(flows: ModuleType, home: Home, hook: Webhook) -> None:
    home.sources()
    with of_a_night(home.out, datetime.now(UTC) - timedelta(days=1), 0):
        state = flows.harvest(return_state=True)
    assert state.type.value == "FAILED"
    assert "a harvest (process" in state.message
    assert len(hook.got) == 1  # last night is still at work: a person should know


def test_nights_that_were_missed_are_made_up_for_by_one(
    flows: ModuleType, home: Home, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.sources()
    late = datetime.now(UTC) - timedelta(hours=3)
    monkeypatch.setitem(vars(flows.runtime.flow_run), "scheduled_start_time", late)
    with of_a_night(home.out, datetime.now(UTC), 0):  # another of the late ones is at work
        assert flows.harvest(return_state=True).name == "Superseded"
    assert flows.harvest(return_state=True).name == "Completed"
    assert flows.harvest(return_state=True).name == "Superseded"  # it was at work
    assert len(list(Nights(home.out).newest_first())) == 1
    assert [got["level"] for got in hook.got] == ["well"]


def test_a_backfill_waits_for_a_night_and_goes_on(flows: ModuleType, home: Home) -> None:
    home.sources()
    ended: list[str] = []
    with of_a_night(home.out, datetime.now(UTC), 0):
        thread = threading.Thread(
            target=lambda: ended.append(flows.backfill(years=[2020], return_state=True).type.value)
        )
        thread.start()
        thread.join(4)
        assert thread.is_alive()
        assert list(Nights(home.out).newest_first()) == []
    thread.join(60)
    assert ended == ["COMPLETED"]


def test_two_backfills_at_once(flows: ModuleType, home: Home) -> None:
    home.sources()
    with of_a_backfill(home.out, datetime.now(UTC)):
        state = flows.backfill(return_state=True)
    assert state.type.value == "FAILED"
    assert "a backfill (process" in state.message


def double(number: int) -> int:
    return 2 * number


def test_a_map_in_tasks_gives_every_job_back_once_in_coarse_tasks(flows: ModuleType) -> None:
    done = over_jobs(flows, 50, 20)
    assert sorted(done) == [(number, 2 * number) for number in range(50)]


def test_a_map_in_tasks_that_gives_way_keeps_what_is_at_hand(flows: ModuleType) -> None:
    done: list[tuple[int, int | Lost]] = []
    with pytest.raises(GiveWay):
        over_jobs(flows, 60, 10, lambda: bool(done), done)
    assert 10 <= len(done) <= 20  # the tasks at work, two at a time, and none that had not begun
    assert len(dict(done)) == len(done)


def test_a_night_reads_on_the_cluster_that_is_set(
    flows: ModuleType, site: Site, home: Home, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="needs the extra `dask`")
    publish(site, "yishui-2020.html")
    home.sources(site.url + "/list")
    monkeypatch.setenv("GONGKAI_RUNNER", "dask")
    monkeypatch.setattr(flows, "in_tasks", lambda *_, **__: pytest.fail("read in tasks of Prefect"))
    state = flows.harvest(return_state=True)
    assert (state.type.value, state.message) == ("COMPLETED", "all is well")
    assert (home.out / "facts.csv").is_file()


def test_a_cluster_gives_way_to_a_night(flows: ModuleType, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="needs the extra `dask`")
    home.sources()
    monkeypatch.setenv("GONGKAI_RUNNER", "dask")
    assert sorted(flows.on_cluster(load(), lambda: False)(double, [1, 2, 3])) == [(1, 2), (2, 4), (3, 6)]
    with pytest.raises(GiveWay):
        list(flows.on_cluster(load(), lambda: True)(double, [1, 2, 3]))


def test_a_task_that_fails_gives_its_batch_back_and_a_further_try_reads_it(
    flows: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows, "read_shared", flows.read_shared.with_options(retry_delay_seconds=0.1))
    real, calls, broken = flows.each, list[int](), list[int]()

    def breaks_once(function: Any, batch: Any, workers: int, bounds: Any) -> Iterator[Any]:
        calls.append(len(batch))
        for number, pair in enumerate(real(function, batch, workers, bounds)):
            if number == 3 and not broken:
                broken.append(number)
                raise RuntimeError("a worker process cannot start")
            yield pair

    monkeypatch.setattr(flows, "each", breaks_once)
    assert sorted(over_jobs(flows, 30, 10)) == [(number, 2 * number) for number in range(30)]
    assert 7 in calls


def over_jobs(
    flows: ModuleType,
    jobs: int,
    batch: int,
    gives_way: Callable[[], bool] = lambda: False,
    done: list[tuple[int, int | Lost]] | None = None,
) -> list[tuple[int, int | Lost]]:
    from prefect import flow

    found = [] if done is None else done

    @flow(name="jobs", persist_result=False)
    def work() -> None:
        for result in flows.in_tasks(batch, 2, gives_way)(double, list(range(jobs))):
            found.append(result)

    work()
    return found


def test_prefect_is_told_no_secret_and_keeps_no_result(flows: ModuleType, home: Home, hook: Webhook) -> None:
    from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL, PREFECT_HOME

    home.sources("http://127.0.0.1:1/list")
    hook.answers = [(500, b"")]
    state = flows.harvest(return_state=True)
    assert "people could not be told" in state.message
    url = PREFECT_API_DATABASE_CONNECTION_URL.value()
    address = url.get_secret_value() if hasattr(url, "get_secret_value") else url
    database = Path(re.sub(r"^sqlite\+aiosqlite:/+", "/", address))
    content = b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
    assert b"nothing was fetched" in content
    assert TOKEN.encode() not in content
    storage = PREFECT_HOME.value() / "storage"
    assert not storage.exists() or not any(TOKEN.encode() in file.read_bytes() for file in storage.iterdir())


def test_the_served_schedule_is_the_settings_and_that_of_prefect_yaml(flows: ModuleType) -> None:
    serving = importlib.import_module("serving")
    night, *others = serving.deployments(load())
    ((cron, zone),) = [(one.schedule.cron, one.schedule.timezone) for one in night.schedules]
    assert (cron, zone) == ("30 2 * * *", "Asia/Shanghai")
    assert [one.schedules for one in others] == [[], []]
    declared = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    assert [one["name"] for one in declared] == [one.name for one in (night, *others)]
    assert [one["entrypoint"] for one in declared] == [one.entrypoint for one in (night, *others)]
    assert [(one["cron"], one["timezone"]) for one in declared[0]["schedules"]] == [(cron, zone)]
