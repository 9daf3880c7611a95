"""Every command that the manual shows is run: in a copy of the project, page by page, in the order shown.

Harvests ask a site on loopback. Counts of measurements are made small. What cannot be run in a test is listed in
NOT_RUN with the reason, and with what is run instead, if anything.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("markdown_it", reason="markdown-it-py is not installed (extra `dataset`)")

from tests.harvest.site import Site, list_page, report_page
from tests.manual_commands import Shown, shown

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SERVER = "needs a Prefect server: tests/nightly/test_serving.py makes pool, queues and deployments on one"
SERVING = ": tests/nightly/test_serving.py starts it, and stops it in every way"

NOT_RUN = (
    # what is shown, why it is not run, what is run instead
    (r"python3 -m venv .* gongkai run", ".ci/run calls it on a bare machine", "gongkai run"),
    (
        r"gongkai backfill(?! .*--sources).*",
        "starts a server of Prefect's; the call with all options, in docs/nightly.md, is run",
        "",
    ),
    (r"python3 -m venv .*pytest", ".ci/run calls it on a bare machine", ""),
    (
        r"(?:\S+=\S+ )*gongkai serve\b.*",
        "runs until it is stopped: tests/nightly/test_serving.py",
        "gongkai serve --help",
    ),
    (r"prefect server start .*", "runs until it is stopped", "prefect server start --help"),
    (r"prefect worker start .*", "runs until it is stopped", "prefect worker start --help"),
    (r"prefect work-pool create .*", SERVER, "prefect work-pool create --help"),
    (r"prefect work-queue create .*", SERVER, "prefect work-queue create --help"),
    (r"prefect --no-prompt deploy .*", SERVER, "prefect deploy --help"),
    (r"prefect deployment run .*", SERVER, "prefect deployment run --help"),
    (r"prefect concurrency-limit create .*", SERVER, "prefect concurrency-limit create --help"),
    (r"export PREFECT_API_URL=.*", SERVER, ""),
    (r"gongkai run .* --scheduler tcp://.*", "needs a cluster: tests/test_cluster.py runs one", "gongkai run --help"),
    (r"dask scheduler .*", "runs until it is stopped", "dask scheduler --help"),
    (r"dask worker .*", "runs until it is stopped", "dask worker --help"),
    (r"python flows\.py run --out DIR", "starts a server of Prefect's; the call of README.md is run", ""),
    (r"cd deploy", "each command is called in the project's folder", "test -d deploy"),
    (r"docker compose .*", "needs Docker and its images; tests/test_scale_docs.py holds the file", ""),
    (r"gongkai let-through WORK VERSION", "needs a version that was held back: tests/test_held.py", ""),
    (r"pip install .*", "needs a package index; its extras are looked up below", ""),
    (r"apt install .*", "needs the system's packages", ""),
    (r"python tools/build_jurisdictions.py.*", "fetches packages", "python tools/build_jurisdictions.py --help"),
)

_SQLITE = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchall())"
MADE_TO_FIT = (
    # what is shown, what a test runs in its place
    (r"python -m benchmarks --count .*", "python -m benchmarks --count 1 --formats pipes html --repeats 1 --with"),
    (r"python -m benchmarks\.trust$", "python -m benchmarks.trust --count 2 --scans 0"),
    (r"python -m benchmarks\.scale .*", "python -m benchmarks.scale --counts 20 40"),
    (r"python -m benchmarks\.site$", "python -m benchmarks.site --places 20 --years 2 --drawn 4"),
    (r"(python -m benchmarks\.fuzz) --count \d+", r"\1 --count 12"),
    (r"(python -m benchmarks\.accuracy) --count \d+", r"\1 --count 8"),
    (r"(python -m benchmarks\.scans) --count \d+", r"\1 --count 1 --dpi 200"),
    (r"^sqlite3 (\.gongkai\S+)", f"python -c '{_SQLITE}' data/clean/\\1"),
    (r"^sha256sum ", "cd releases/*[0-9] && sha256sum "),
    (r"sources check FILE$", "sources check data/raw/sources.csv"),
    (r"sources import URL\|FILE$", "sources import sitemap.txt"),
    (r"sources manifest DIR$", "sources manifest data/harvest"),
    (r"/srv/(reports|dataset)\b", r"\1"),
    (r"^cp compose\.env\.example \.env$", "cp deploy/compose.env.example deploy/.env"),
    (r" FOLDER -o URL$", " reports -o s3://reports/clean"),
    (r" DIR\b", " data/clean"),
    (r" FILE$", " data/raw/laizhou-2020.md"),
    (r" STORE\b", " data/harvest"),
    (r" INPUT\b", " data/raw"),
)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the sample reports published, and with what the manual's examples speak of."""
    copy = tmp_path_factory.mktemp("manual") / "project"
    copy.mkdir()
    about = ("README.md", "CHANGELOG.md", "CITATION.cff", "pyproject.toml", "constraints.txt", "mkdocs.yml")
    for name in (*about, "prefect.yaml", "flows.py", "serving.py", "gongkai.py"):
        shutil.copy(ROOT / name, copy / name)
    for name in ("extractors", "pipeline", "benchmarks", "tests", "tools", "docs", "deploy", "data/raw"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(copy / "data/raw", copy / "reports")
    (copy / "sitemap.txt").write_text("http://www.example.gov.cn/zfxxgk/2020.html\n")
    (copy / "corrections.csv").write_text("sha256,table_id,row_id,column_id,printed,corrected,reason,who,date\n")
    done = call("gongkai run", copy, environment(copy))
    assert done.returncode == 0, done.stderr
    return copy


@pytest.fixture
def scratch(project: Path, tmp_path: Path) -> Path:
    return shutil.copytree(project, tmp_path / "project")


@pytest.fixture(scope="module")
def town() -> Iterator[Site]:
    """A site with one report."""
    with Site() as site:
        title = "沂水县人民政府2020年政府信息公开工作年度报告"
        site.put("/2020.html", report_page(title))
        site.put("/list.html", list_page(("/2020.html", title)))
        yield site


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, str]]:
    """A store that speaks S3, with the sample reports in s3://reports/raw; what finds it in the environment."""
    boto3 = pytest.importorskip("boto3", reason="needs the extra `test`")
    moto = pytest.importorskip("moto.server", reason="needs the extra `test`")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    store = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", **keys)
    store.create_bucket(Bucket="reports")
    for path in sorted((ROOT / "data/raw").glob("*20*")):
        store.put_object(Bucket="reports", Key=f"raw/{path.name}", Body=path.read_bytes())
    yield {
        **{name.upper(): value for name, value in keys.items()},
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
        "no_proxy": "127.0.0.1,localhost",
    }
    server.stop()


def environment(folder: Path, site: Site | None = None) -> dict[str, str]:
    """The project of `folder` and none other; a harvest asks nobody but `site`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("GONGKAI_", "PREFECT_"))}
    programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    own |= {"PYTHONPATH": str(folder), "PATH": programs, "COLUMNS": "160", "NO_MKDOCS_2_WARNING": "1"}
    own |= {"PREFECT_HOME": str(folder.parent / "prefect"), "XDG_CACHE_HOME": str(folder.parent / "cache")}
    own |= {"HOME": str(folder.parent), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    if site is not None:
        own |= {"GONGKAI_HARVEST_ALLOW": f"127.0.0.1:{site.port}", "GONGKAI_HARVEST_RATE": "1000"}
        own |= {"GONGKAI_CONTACT": "name@example.org", "GONGKAI_WEBHOOK_URL": f"{site.url}/hook"}
    return own


def call(command: str, folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder, env=variables, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def _lacking_for_scans() -> str:
    from extractors.scan import ocr
    from tests.corpus.render_scan import fonts

    if not ocr.is_available():
        return "the extra gongkai[ocr] is not installed"
    return "" if fonts() else "no Chinese font to print with (Debian: fonts-arphic-uming, fonts-wqy-zenhei)"


def to_run(one: Shown) -> str:
    """What a test runs for a command that is shown; empty if it is one of those that are not run."""
    command = one.command.replace(".venv/bin/", "")
    for pattern, _, instead in NOT_RUN:
        if re.fullmatch(pattern, command):
            return instead
    for pattern, fitting in MADE_TO_FIT:
        command = re.sub(pattern, fitting, command)
    return command


def test_what_the_manual_shows_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "`gongkai run` reads.\n\n    .venv/bin/gongkai check data  # sums\n    no command\n\n"
        "1. say `gongkai run --retry`\n\n        gongkai site data\n\n```bash\nls -l\n```\n\n```python\nx = 1\n```\n"
        "\n```ini\ngongkai = x\n```\n\n`python flows.py run [INPUT ...] --out DIR`\n",
        encoding="utf-8",
    )
    found = [one.command or one.code for one in shown(page)]
    assert found == [
        ".venv/bin/gongkai check data", "gongkai run --retry", "gongkai site data", "ls -l", "x = 1\n",
        "python flows.py run --out DIR",
    ]  # fmt: skip


def test_what_is_not_run_is_still_shown() -> None:
    """No exception outlives the command that it was made for."""
    commands = [one.command.replace(".venv/bin/", "") for page in PAGES for one in shown(page)]
    assert len(commands) > 50
    for pattern, reason, _ in NOT_RUN:
        assert reason
        assert any(re.fullmatch(pattern, command) for command in commands), pattern


def test_extras_that_the_manual_names_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [
        extra
        for page in PAGES
        for one in shown(page)
        if "pip install" in one.command
        for group in re.findall(r"\[([\w,]+)\]", one.command)
        for extra in group.split(",")
    ]
    assert {"test", "ocr"} <= set(named) <= set(project["optional-dependencies"])


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if any(shown(page))], ids=lambda page: page.stem)
def test_what_a_page_shows_runs(page: Path, scratch: Path, town: Site, request: pytest.FixtureRequest) -> None:
    variables = environment(scratch, town)
    if "s3://" in page.read_text(encoding="utf-8"):
        variables |= request.getfixturevalue("bucket")
    with (scratch / "data/raw/sources.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(
            ["371323", "沂水县人民政府", f"{town.url}/list.html", "报告", "", "", "active", "", "", ""]
        )
    town.put("/hook", b"ok")
    said, programs = "", ""
    for one in shown(page):
        if one.code:
            programs += one.code + "\n"
            (scratch.parent / "shown.py").write_text(programs, encoding="utf-8")
        command = f"python {scratch.parent / 'shown.py'}" if one.code else to_run(one)
        if "benchmarks.scans" in command and (lacking := _lacking_for_scans()):
            pytest.skip(lacking)
        if command:
            done = call(command, scratch, variables)
            assert done.returncode == 0, (
                f"{one}\n{command}\n(can it not be run? see NOT_RUN)\n{done.stdout[-2000:]}{done.stderr[-3000:]}"
            )
            said += done.stdout
    if page.name == "tutorial.md":
        assert "0 → 1" in said
        assert "莱州市人民政府" in said
        assert (scratch / "data/site/index.html").is_file()
