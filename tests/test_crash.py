"""A run that is killed at any instruction, or whose disk is full: what is published is always one whole version.

Killed means SIGKILL to the whole process group, now and then to the first process alone. The moments are drawn from a
seed and spread over all stages: some by the clock, which also falls into calls of C; most by counting what the run does
to its files, so that the few milliseconds of the switch are met too.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.ledger import Ledger
from pipeline.publish.schema import PACKAGE
from pipeline.publish.switch import HIDDEN, Out
from pipeline.run import run
from tests.readers import here, reader

ROOT = Path(__file__).parents[1]
KILLS = 84
SEED = 7
WHOLE = ["index", "ledger.sqlite", "lock", "version.json"]

# Runs over argv[1] into argv[2] and kills its process group at step argv[3]; at step 0 it lives, and prints its steps.
SCRIPT = """
import os, signal, sys
from pipeline import ledger
from pipeline.run import run
from pipeline.workers import in_processes
from tests.readers import reader

inputs, out, last = sys.argv[1], sys.argv[2], int(sys.argv[3])
steps = []

def step(name):
    steps.append(name)
    if len(steps) == last:
        os.killpg(0, signal.SIGKILL)

def watch(event, arguments):
    about_files = event in ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "os.link")
    if about_files and any(out in str(argument) for argument in arguments):
        step(event)
    elif event in ("subprocess.Popen", "sqlite3.connect"):
        step(event)

def counted(holder, name):
    real = getattr(holder, name)
    def call(*arguments, **options):
        step(name)
        return real(*arguments, **options)
    setattr(holder, name, call)

sys.addaudithook(watch)
counted(os, "fsync")
counted(os, "replace")
counted(ledger.Ledger, "keep_report")
counted(ledger.Ledger, "commit")
run([inputs], out, over=in_processes(2), reader=reader())
if not last:
    print(*steps)
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """An input in two versions, and what an undisturbed run publishes of each."""

    folder: Path
    versions: tuple[dict[str, bytes], ...]

    def write(self, version: int) -> Path:
        """Make the input be that of `version`."""
        inputs = self.folder / "in"
        inputs.mkdir(exist_ok=True)
        for i in range(24):
            more = " carried_in=1 n=2" if version else ""
            year = 2016 + (i + version) % 5  # so that a partition comes and another goes
            (inputs / f"f{i}.txt").write_text(f"year={year} publisher=第{i}县人民政府{more}")
        return inputs

    def start(self, out: Path, last: int = 0) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", SCRIPT, str(self.folder / "in"), str(out), str(last)]
        return subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    versions = []
    for version in (0, 1):
        out = tmp_path / f"undisturbed{version}"
        run([Scene(tmp_path, ()).write(version)], out, over=here, reader=reader())
        versions.append(content(out))
    return Scene(tmp_path, tuple(versions))


def content(out: Path) -> dict[str, bytes]:
    """Every published file below `out`."""
    files = (p for p in out.rglob("*") if p.is_file() and HIDDEN not in p.parts)
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in files}


def is_whole(out: Path) -> bool:
    """Whether the files that lie there are those that datapackage.json names, by length and checksum, and no others."""
    files = content(out)
    if PACKAGE not in files:
        return not files
    named = {PACKAGE}
    for resource in json.loads(files[PACKAGE])["resources"]:
        for part in resource.get("files", [resource]):
            data = files.get(part["path"], b"")
            if (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}") != (part["bytes"], part["hash"]):
                return False
            named.add(part["path"])
    return named == files.keys()


def is_being_shown(out: Path) -> bool:
    """Whether a version has been decided whose files are not all in their places: the switch was cut off."""
    try:
        record = json.loads((out / HIDDEN / "version.json").read_text())
    except FileNotFoundError:
        return False
    return (out / HIDDEN / f"staged-{record['serial']}").is_dir()


@pytest.mark.slow
def test_killed_at_random_it_ends_as_if_undisturbed(scene: Scene, tmp_path: Path) -> None:
    out, draw, states = tmp_path / "out", random.Random(SEED), Counter[str]()
    steps, seconds = undisturbed_steps(scene, tmp_path)
    for turn in range(KILLS):
        scene.write(turn % 2)
        reads = turn % 4 == 3
        if reads:
            (out / HIDDEN / "ledger.sqlite").unlink(missing_ok=True)
        by_clock = turn % 4 == 0
        last = 10**9 if by_clock else 1 + int((turn + draw.random()) / KILLS * steps[reads])
        process = scene.start(out, last)
        if by_clock:
            time.sleep(draw.uniform(0.0, seconds))
            with contextlib.suppress(ProcessLookupError):  # it was done before
                kill = os.kill if turn % 8 else os.killpg  # the system's out-of-memory killer takes one process alone
                kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=120)
        states["killed" if process.returncode == -signal.SIGKILL else "done"] += 1
        # As anybody finds it: whole, or cut off within the switch, which the checksums tell.
        if out.exists():
            states["whole" if is_whole(out) else "torn"] += 1
            assert is_whole(out) or is_being_shown(out)
            with Out(out) as place:  # as the next command leaves it
                assert is_whole(out)
                assert content(out) in ([{}] if place.version is None else scene.versions)
    assert states["killed"] >= 50, states
    assert 0 < states["torn"] < KILLS / 2, states
    scene.write(1)
    process = scene.start(out)
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert content(out) == scene.versions[1]
    assert kept(out) == WHOLE


def kept(out: Path) -> list[str]:
    """What the program keeps for itself; there is one index, that of the published version."""
    return sorted("index" if name.startswith("index-") else name for name in os.listdir(out / HIDDEN))


def undisturbed_steps(scene: Scene, tmp_path: Path) -> tuple[dict[bool, int], float]:
    """How many steps a run takes from one version to the other, if it must read (True) or not, and how many seconds."""
    counted, counts, seconds = tmp_path / "counted", {}, 0.0
    for version in (0, 1, 0):
        scene.write(version)
        began = time.monotonic()
        said, _ = scene.start(counted).communicate(timeout=120)
        steps, seconds = said.split(), max(seconds, time.monotonic() - began)
        assert {"commit", "fsync", "os.rename"} <= set(steps)
        counts["keep_report" in steps] = len(steps)
    assert counts.keys() == {True, False}
    return counts, seconds


@contextlib.contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A file system in memory of its own; skips the test where none may be mounted."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(["mount", *options], capture_output=True).returncode:
        pytest.skip("no right to mount a small file system here; only root in a full container has it")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def resize(folder: Path, kilobytes: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_costs_nothing_that_was_there(scene: Scene, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 100_000) as disk:
        out = disk / "out"
        run([scene.write(0)], out, over=here, reader=reader())
        with Ledger(out / HIDDEN / "ledger.sqlite") as ledger:
            known = ledger.documents("1")
        scene.write(1)
        used = shutil.disk_usage(disk).used // 1024
        ended = Counter[str]()
        for more in (0, 4, 8, 16, 32, 64, 96, 128, 192, 256, 512, 2048):
            resize(disk, used + more)
            try:
                run([tmp_path / "in"], out, over=here, reader=reader())
            except OSError:
                ended["full"] += 1
                with Out(out):
                    assert content(out) == scene.versions[0]
            else:
                ended["done"] += 1
                assert content(out) == scene.versions[1]
                break
        assert ended["full"] > 3, ended
        assert ended["done"] == 1
        with Ledger(out / HIDDEN / "ledger.sqlite") as ledger:
            assert known <= ledger.documents("1")
        assert kept(out) == WHOLE


def test_two_runs_at_once_the_second_says_so_and_ends(scene: Scene, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "pipeline.cli", "run", str(tmp_path / "in"), "--out", str(out)]
    with Out(out):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"another run is at work on {out}; wait for it to end" in done.stderr
    assert content(out) == {}
