"""`gongkai serve` as a process of its own: schedule, pages, logs, notices, and its end in every way. Slow."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.nightly.record import Nights
from tests.harvest.site import Site, Stream
from tests.nightly.nights import Home, publish
from tests.nightly.receivers import webhook

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TOKEN = "s3cr3t-t0k3n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def hangs(stream: Stream) -> None:
    """A site that takes the request and says nothing."""
    await stream.reader.read()


class Served:
    """`gongkai serve` at work, and what its server answers."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log

    def ask(self, path: str, wanted: dict[str, Any]) -> Any:
        url = f"http://127.0.0.1:{self.port}/api/{path}"
        answer = httpx.post(url, json=wanted, timeout=30, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def runs(self, *states: str) -> list[dict[str, Any]]:
        return list(self.ask("flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": list(states)}}}}))

    def done(self) -> list[dict[str, Any]]:
        """The runs that did their work; one that came while another did is Superseded."""
        return [run for run in self.runs("COMPLETED") if run["state_name"] == "Completed"]

    def answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/api/health", timeout=5, trust_env=False).is_success
        except httpx.HTTPError:
            return False


def until(happens: Callable[[], Any], seconds: float = 180) -> Any:
    """What `happens` returns once it is something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := happens():
            return found
        time.sleep(0.5)
    raise TimeoutError(f"nothing after {seconds} seconds")


@contextmanager
def serving(home: Home, *arguments: str, **settings: object) -> Iterator[Served]:
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "GONGKAI_"))}
    environment |= {"PREFECT_HOME": str(home.folder / "prefect"), "PYTHONUNBUFFERED": "1"}
    environment |= {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}  # the world is not there
    environment |= {f"GONGKAI_{name.upper()}": str(value) for name, value in settings.items()}
    environment |= {"GONGKAI_CONTACT": "tests@example.org", "GONGKAI_INPUTS": "raw", "GONGKAI_OUT": "clean"}
    environment |= {"GONGKAI_SOURCES": "raw/sources.csv", "GONGKAI_STORE": "store"}
    environment |= {"GONGKAI_HARVEST_ALLOW": "127.0.0.1", "GONGKAI_HARVEST_RATE": "inf", "PYTHONPATH": str(ROOT)}
    log = home.folder / "serve.log"
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli", "serve", "--port", str(port), *arguments],
            cwd=home.folder,
            env=environment,
            stdout=file,
            stderr=file,
        )
    served = Served(process, port, log)
    try:
        until(lambda: served.answers() or process.poll() is not None)
        yield served
    except BaseException:
        print(log.read_text(encoding="utf-8", errors="replace")[-6000:])
        raise
    finally:
        process.kill()
        process.wait(10)
        until(lambda: not _at_work(home), 90)  # nothing is left behind, even then


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_served_schedule_from_its_first_night_to_its_end_in_every_way(home: Home) -> None:
    """A scheduled night happens and is shown; a killed run is told; a killed serve leaves nothing at work; the next one
    goes on, and ends in order."""
    with Site() as site, webhook() as hook:
        publish(site, "yishui-2020.html")
        home.sources(site.url + "/list")
        with serving(home, "--every", "20", webhook_url=hook.url(f"/{TOKEN}")) as served:
            _sees_a_scheduled_run(served, home)
            _deploys(served, home)
            site.put("/list", hangs)
            asked = len(site.asked("/list"))
            until(lambda: len(site.asked("/list")) > asked)
            os.kill(until(lambda: _flow_process(served)), signal.SIGKILL)
            until(lambda: [got for got in hook.got if "ended in the midst" in got["subject"] and "-9" in got["text"]])
            assert until(lambda: served.runs("CRASHED"), 30)
            asked = len(site.asked("/list"))
            until(lambda: len(site.asked("/list")) > asked)
            assert len(_at_work(home)) >= 3  # serve, its server, its run
            served.process.kill()
            served.process.wait(10)
            until(lambda: not _at_work(home), 90)
        publish(site, "yishui-2020.html", "laizhou-2020.md")
        with serving(home, "--every", "20") as served:
            until(lambda: (home.out / "reports.csv").read_text(encoding="utf-8").count("annual_report") == 2)
            served.process.send_signal(signal.SIGTERM)
            assert served.process.wait(60) == 0
            until(lambda: not _at_work(home), 90)
        text = served.log.read_text(encoding="utf-8", errors="replace")
        assert TOKEN not in text
        assert "the next night begins at" in text
        assert not (home.out / ".gongkai/serve.json").exists()


def _sees_a_scheduled_run(served: Served, home: Home) -> None:
    """A run that nobody asked for, with its log, its summary, and the pages that show them."""
    run = until(served.done)[0]
    assert run["auto_scheduled"]
    assert run["name"] in {(night.run or "").partition("/")[2] for night in Nights(home.out).newest_first()}
    artifacts = served.ask("artifacts/filter", {"artifacts": {"key": {"any_": ["gongkai-harvest"]}}})
    assert any(artifact["flow_run_id"] == run["id"] for artifact in artifacts)
    wanted = {"logs": {"flow_run_id": {"any_": [run["id"]]}}}
    lines = until(lambda: [line["message"] for line in served.ask("logs/filter", wanted)], 30)
    assert any(line.startswith("fetching: ") for line in lines)
    tasks = served.ask("task_runs/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
    assert {task["name"].rpartition("-")[0] for task in tasks} >= {"fetch", "publish"}
    page = httpx.get(f"http://127.0.0.1:{served.port}/", timeout=30, trust_env=False, follow_redirects=True)
    assert "<title>Prefect" in page.text
    assert {one["name"] for one in served.ask("deployments/filter", {})} == {"nightly", "on-demand", "local-files"}


def _flow_process(served: Served) -> int | None:
    """The process of the first flow run that is at work."""
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text().split()
    for child in children:
        if b"prefect.engine" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    return None


def _at_work(home: Home) -> list[int]:
    """The processes of this home: serve, its server, its flow runs and their workers."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(home.folder).encode() in (folder / "environ").read_bytes():  # a dead one's is empty
                found.append(int(folder.name))
    return found


def _deploys(served: Served, home: Home) -> None:
    """What docs/nightly.md says for a Prefect server of one's own, with this one, under another name."""
    environment = os.environ | {"PREFECT_API_URL": f"http://127.0.0.1:{served.port}/api"}
    environment |= {"PREFECT_HOME": str(home.folder / "another")}
    for command in (
        ["work-pool", "create", "gongkai", "--type", "process"],
        ["work-queue", "create", "nightly", "--pool", "gongkai", "--priority", "1"],
        ["--no-prompt", "deploy", "--all", "--prefect-file", str(_renamed(home))],
    ):
        line = [sys.executable, "-m", "prefect", *command]
        done = subprocess.run(line, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    deployed = {d["name"]: d for d in served.ask("deployments/filter", {})}
    (schedule,) = deployed["own-nightly"]["schedules"]
    assert (schedule["schedule"]["cron"], schedule["schedule"]["timezone"]) == ("30 2 * * *", "Asia/Shanghai")
    queues = {name: d["work_queue_name"] for name, d in deployed.items() if name.startswith("own-")}
    assert queues == {"own-nightly": "nightly", "own-on-demand": "backfill", "own-local-files": "backfill"}


def _renamed(home: Home) -> Path:
    """prefect.yaml with other names, so that it does not take over what is served."""
    path = home.folder / "prefect.yaml"
    text = (ROOT / "prefect.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("  - name: ", "  - name: own-"), encoding="utf-8")
    return path


def test_what_cannot_be_served_is_said_at_once(home: Home) -> None:
    home.sources("http://127.0.0.1:1/list")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environment = os.environ | {"GONGKAI_CONTACT": "a@example.org", "GONGKAI_SOURCES": "raw/sources.csv"}
        environment |= {"PYTHONPATH": str(ROOT), "PREFECT_HOME": str(home.folder / "prefect")}
        environment.pop("PREFECT_API_URL", None)
        command = [sys.executable, "-m", "pipeline.cli", "serve", "--port", str(taken.getsockname()[1])]

        def said(**more: str) -> tuple[int, str]:
            done = subprocess.run(
                command,
                cwd=home.folder,
                env=environment | more,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            return done.returncode, done.stderr

        status, words = said()
        assert status == 1
        assert "cannot be listened on" in words
        assert "--port" in words
        status, words = said(GONGKAI_SMTP_PORT="x")
        assert (status, "GONGKAI_SMTP_PORT" in words) == (2, True)
        status, words = said(GONGKAI_CONTACT="")
        assert (status, "GONGKAI_CONTACT" in words) == (2, True)
