"""A reader in a process of its own, under an interpreter of its own, asked for one file at a time.

The process measures itself: processor seconds of all its threads and children, seconds of the clock, peak memory. It
runs one file at a time in one thread where libraries let themselves be told.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import selectors
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 240.0  # for one file, and for a start
_ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"), "1"),
    "ORT_DISABLE_TELEMETRY": "1",
    "DOCVORTEX_LOG_LEVEL": "error",
    "PYTHONDONTWRITEBYTECODE": "",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader made of a file: a Report or a Content, or what it failed with. Seconds are of the reading alone."""

    result: Any
    processor: float
    clock: float
    failure: str | None = None


@dataclass(slots=True)
class Worker:
    """One reader's process. It is started at first use, and again after it died or was too slow."""

    name: str
    interpreter: str = sys.executable
    seconds: float = SECONDS
    start_seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> str | None:
        """Starts the process; returns why it cannot run, if it cannot."""
        environment = {**os.environ, **_ONE_THREAD, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [self.interpreter, "-m", "benchmarks.worker", self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=ROOT,
        )
        hello = self._receive()
        if not isinstance(hello, dict) or "failure" in hello:
            self.end()
            return hello["failure"] if isinstance(hello, dict) else "its process died or hung while it started"
        self.start_seconds, self.versions = hello["seconds"], hello["versions"]
        return None

    def read(self, path: Path) -> Answer:
        if self.process is None:
            failure = self.start()
            if failure is not None:
                return Answer(None, 0.0, 0.0, failure)
        self._send(str(path))
        answer = self._receive()
        if not isinstance(answer, tuple):
            self.end()
            return Answer(None, 0.0, 0.0, f"died, or took longer than {self.seconds:g} seconds")
        return Answer(*answer)

    def peak(self) -> float:
        """The most memory that the process and its children have held, in MB; 0 if it does not run."""
        if self.process is None:
            return 0.0
        self._send(None)
        return float(self._receive() or 0.0)

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            self.process = None

    def _send(self, message: Any) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            _write(self.process.stdin, message)

    def _receive(self) -> Any:
        assert self.process is not None
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            if not ready.select(self.seconds):
                return None
        try:
            return _read(self.process.stdout)
        except (EOFError, pickle.UnpicklingError):
            return None


def _write(pipe: IO[bytes], message: Any) -> None:
    data = pickle.dumps(message)
    pipe.write(struct.pack("!Q", len(data)) + data)
    pipe.flush()


def _read(pipe: IO[bytes]) -> Any:
    head = pipe.read(8)
    if len(head) < 8:
        raise EOFError
    return pickle.loads(pipe.read(struct.unpack("!Q", head)[0]))


def processor_seconds() -> float:
    """What this process and its children, ended or alive, have used of the processors so far."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime + sum(map(_alive_seconds, _descendants(os.getpid())))


def _descendants(pid: int) -> list[int]:
    found = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, file.read_text().split()):
                found += [child, *_descendants(child)]
    return found


def _alive_seconds(pid: int) -> float:
    total = 0
    for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            total += int(file.read_text().split()[0])
    return total / 1e9


def peak_memory() -> float:
    """The peak of this process, of its largest child that ended and of those alive, in MB; 0 where /proc is not.

    Not ru_maxrss for the process itself: it begins with the peak of the process that forked it.
    """
    ended = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    own, *alive = (_high_water(pid) for pid in (os.getpid(), *_descendants(os.getpid())))
    return own + max(ended if ended > own + 1 else 0.0, sum(alive))


def _high_water(pid: int) -> float:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    return 0.0


def main() -> None:
    """The process: say hello, then answer each path until the pipe is closed."""
    pipe_in, pipe_out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not mix with the answers
    from benchmarks.peers import BY_NAME

    peer = BY_NAME[sys.argv[1]]
    try:
        read = peer.load()
    except Exception as error:
        _write(pipe_out, {"failure": f"{type(error).__name__}: {error}".splitlines()[0]})
        return
    hello = {"seconds": processor_seconds(), "versions": _versions(peer.distributions)}
    _write(pipe_out, hello)
    while True:
        try:
            path = _read(pipe_in)
        except EOFError:
            return
        if path is None:
            _write(pipe_out, peak_memory())
            continue
        busy, start = processor_seconds(), time.perf_counter()
        result, failure = None, None
        try:
            result = read(Path(path))
        except Exception as error:
            failure = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        spent = processor_seconds() - busy, time.perf_counter() - start
        _write(pipe_out, (result, *spent, failure))


def _versions(distributions: tuple[str, ...]) -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in distributions:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


if __name__ == "__main__":
    main()

__all__ = ["Answer", "Worker"]
