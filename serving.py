"""`gongkai serve`: one process that keeps the nightly schedule, with a Prefect server of its own if none is configured.

A served flow fires only with a running server (Prefect's embedded one never wakes it), so the server is a child of this
process. It is tied to it by a pipe: when this process ends, however it ends, the pipe closes and the server stops. The
flow runs are children too, and look after their parent in the same spirit.
"""

from __future__ import annotations

import os

os.environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO")  # before flows.py, which is quieter: a run is watched then

import flows  # isort: skip

import argparse
import asyncio
import contextlib
import logging
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName, FlowRunFilter, FlowRunFilterState
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.schedules import Cron, Interval
from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings
from prefect.types.entrypoint import EntrypointType

from pipeline import logs
from pipeline.harvest.commands import Call, NoContact, manners_of
from pipeline.harvest.sources import BadSources
from pipeline.harvest.sources import load as load_sources
from pipeline.nightly.sending import ways
from pipeline.nightly.served import announced, answers
from pipeline.publish.switch import HIDDEN
from pipeline.settings import BadSettings, Settings, load

log = logging.getLogger("pipeline.serving")

START_SECONDS = 180.0
"""What a server may take to start: 5 to 14 s were measured, on an idle machine."""

SCHEDULE_SECONDS = 120.0
"""After so long the server must have planned the next night; one that has not never will, and nobody would notice."""

STOP_SECONDS = 20.0

_RUNS = 4  # at a time: a night, a backfill, and some that find them at work and end; not all that weeks have missed


class CannotServe(Exception):
    """The server did not start, or does not do its work; says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """`gongkai serve`; returns the exit status: 0 when stopped, 1 when it cannot go on, 2 for a wrong call."""
    parser = argparse.ArgumentParser(
        prog="gongkai serve",
        description="Keep the nightly schedule, and show the runs in a browser. Settings: docs/nightly.md.",
    )
    parser.add_argument(
        "--port", type=int, metavar="N", help="the port of the server and its pages (GONGKAI_SERVER_PORT)"
    )
    parser.add_argument(
        "--every", type=float, metavar="SECONDS", help="harvest at this interval and not by the schedule, for a trial"
    )
    wanted = parser.parse_args(arguments)
    if wanted.every is not None and wanted.every <= 0:
        parser.error("--every must be more than 0")
    try:
        settings = load(**({} if wanted.port is None else {"server_port": wanted.port}))
    except BadSettings as error:
        print(f"gongkai: {error}", file=sys.stderr)
        return 2
    logs.set_up(settings.log_format, settings.log_level, settings.timezone)
    if not ways(settings):
        log.warning("nobody will be told of a night that needs a person: set GONGKAI_WEBHOOK_URL or GONGKAI_SMTP_HOST")
    try:
        _check_sources(settings)
    except (NoContact, BadSources) as error:
        print(f"gongkai: {error}", file=sys.stderr)
        return 2
    try:
        return serve(settings, wanted.every)
    except (CannotServe, OSError) as error:
        print(f"gongkai: {error}", file=sys.stderr)
        return 1


def _check_sources(settings: Settings) -> None:
    """Raises what would fail every night: NoContact, BadSources."""
    if not settings.sources.exists():
        log.warning("%s is not there: each night will fail to fetch until it is", settings.sources)
    elif load_sources(settings.sources):
        manners_of(settings, Call())


def serve(settings: Settings, every: float | None = None) -> int:
    """Serve the flows until this process is told to stop (SIGTERM, SIGINT). Raises CannotServe."""
    with contextlib.ExitStack() as stack:
        configured = PREFECT_API_URL.value()
        address = configured or stack.enter_context(own_server(settings))
        os.environ["PREFECT_API_URL"] = address  # for the flow runs
        os.environ[flows.SERVED_BY] = str(os.getpid())
        stack.enter_context(temporary_settings({PREFECT_API_URL: address}))
        stack.enter_context(announced(settings.out, address))
        trouble: list[str] = []
        # Schedules go on when this process is stopped: what fell into its absence is made up for by one night.
        runner = _Runner("gongkai", pause_on_shutdown=False, limit=_RUNS)
        try:
            for deployment in deployments(settings, every):
                runner.add_deployment(deployment)
        except (httpx.HTTPError, RuntimeError, ValueError) as error:
            raise CannotServe(f"the server at {address} did not take the deployments: {error}") from error
        log.info("the runs are shown at %s", address.removesuffix("/api"))
        watching = copy_context()  # which holds the server's address
        threading.Thread(target=watching.run, args=(_watch_schedule, settings, trouble), daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(runner.start())
        log.info("told to stop")
        if trouble:
            raise CannotServe(trouble[0])
    return 0


class _Runner(Runner):
    """Prefect's runner, which ends on SIGTERM as it does on Ctrl-C; its own way leaves its event loop in the midst."""

    def handle_sigterm(self, *_: Any, **__: Any) -> None:
        signal.raise_signal(signal.SIGINT)


def deployments(settings: Settings, every: float | None = None) -> list[RunnerDeployment]:
    """What is served: the night by its schedule, the others on demand."""
    schedule = Interval(timedelta(seconds=every)) if every else Cron(settings.schedule, timezone=settings.timezone)
    known: dict[str, Any] = {"tags": ["gongkai"], "entrypoint_type": EntrypointType.MODULE_PATH}
    night = flows.harvest.to_deployment("nightly", schedule=schedule, **known)
    others = [flows.backfill.to_deployment("on-demand", **known), flows.run.to_deployment("local-files", **known)]
    made = [night, *others]
    assert all(isinstance(one, RunnerDeployment) for one in made)
    return made  # type: ignore[return-value]


@contextlib.contextmanager
def own_server(settings: Settings) -> Iterator[str]:
    """Prefect's server as a child of this process, for as long as this is entered; yields the address of its API.

    Raises CannotServe.
    """
    host, port = settings.server_host, settings.server_port
    address = f"http://{_reachable(host)}:{port}/api"
    _check_port(host, port, address)
    theirs, ours = os.pipe()
    code = f"import serving; serving.keep_server({theirs}, {host!r}, {port})"
    log.info("Prefect's server starts at %s", address.removesuffix("/api"))
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        pass_fds=[theirs],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for this process, which stops the server last
        env=_environment(settings),
    )
    os.close(theirs)
    stopping = threading.Event()
    try:
        _await(process, address)
        threading.Thread(target=_end_with_server, args=(process, stopping), daemon=True, name="server").start()
        yield address
    finally:
        stopping.set()
        os.close(ours)  # which stops it
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(settings: Settings) -> dict[str, str]:
    """That of the server; what is set by people, in their environment or Prefect profile, stays."""
    database = settings.out.absolute() / HIDDEN / "prefect.db"
    database.parent.mkdir(parents=True, exist_ok=True)
    ours = {
        # A database of its own: two servers on one would take each other's runs for theirs.
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{database}",
        # It is kept from growing: runs, with their logs, go after 90 days.
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    }
    theirs = get_current_settings().to_environment_variables(exclude_unset=True)
    if any(name.startswith("PREFECT_SERVER_DATABASE_") for name in theirs):
        del ours["PREFECT_SERVER_DATABASE_CONNECTION_URL"]
    path = os.pathsep.join(os.path.abspath(path) for path in sys.path)
    return {**os.environ, **ours, **theirs, "PYTHONPATH": path}


def keep_server(fd: int, host: str, port: int) -> None:
    """What the child does: be Prefect's server until the pipe at `fd` closes, which is when the parent has ended."""
    threading.Thread(target=_end_with_parent, args=(fd,), daemon=True).start()
    sys.argv = ["prefect", "server", "start", "--host", host, "--port", str(port)]
    runpy.run_module("prefect", run_name="__main__")


def _end_with_parent(fd: int) -> None:
    with contextlib.suppress(OSError):
        os.read(fd, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS / 2)
    os._exit(1)


def _end_with_server(process: subprocess.Popen[bytes], stopping: threading.Event) -> None:
    status = process.wait()
    if not stopping.is_set():
        log.error("Prefect's server has ended (status %d): nothing can be scheduled without it", status)
        os.kill(os.getpid(), signal.SIGTERM)


def _await(process: subprocess.Popen[bytes], address: str) -> None:
    until = time.monotonic() + START_SECONDS
    while not answers(address):
        if process.poll() is not None:
            raise CannotServe(
                f"Prefect's server did not start (status {process.returncode}); its own words stand above"
            )
        if time.monotonic() > until:
            raise CannotServe(f"Prefect's server did not answer at {address} within {START_SECONDS:.0f} seconds")
        time.sleep(0.3)


def _check_port(host: str, port: int, address: str) -> None:
    """A server of somebody else's at the same address would be taken for ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            theirs = f"; it is a Prefect server: PREFECT_API_URL={address} uses it" if answers(address) else ""
            raise CannotServe(
                f"{host}:{port} cannot be listened on ({(error.strerror or 'unknown').lower()}){theirs}; "
                "another port is chosen with --port"
            ) from None


def _reachable(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1" if host == "0.0.0.0" else "[::1]"
    return f"[{host}]" if ":" in host else host


def _watch_schedule(settings: Settings, trouble: list[str]) -> None:
    """See that the server has planned the next night, and say when it is; end this process if it has not."""
    until = time.monotonic() + SCHEDULE_SECONDS
    while time.monotonic() < until:
        time.sleep(2.0)
        try:
            planned = _next_night()
        except Exception as error:  # the server is not ready, or busy: that is what the limit is for
            log.debug("the schedule could not be asked for (%s)", type(error).__name__)
            continue
        if planned is not None:
            when = planned.astimezone(ZoneInfo(settings.timezone))
            log.info("the next night begins at %s (%s)", f"{when:%Y-%m-%d %H:%M:%S}", settings.timezone)
            return
    trouble.append(
        f"the server has planned no night within {SCHEDULE_SECONDS:.0f} seconds: look for errors of its scheduler "
        "above (do the versions of its libraries go together? constraints.txt has a set that does)"
    )
    os.kill(os.getpid(), signal.SIGTERM)


def _next_night() -> datetime | None:
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState.model_validate({"type": {"any_": ["SCHEDULED"]}})),
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=["nightly"])),
            limit=200,
        )
    times = [run.expected_start_time for run in found if run.expected_start_time is not None]
    ahead = [time for time in times if time >= datetime.now(UTC)]
    return min(ahead or times, default=None)


if __name__ == "__main__":
    sys.exit(main())
