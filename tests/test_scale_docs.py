"""docs/scale.md: its examples run, and the compose file is one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.run import run
from tests.readers import here, reader

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/scale.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two years: 60 requests received in 2019, twice 60 in 2020."""
    folder = tmp_path_factory.mktemp("dataset")
    (folder / "in").mkdir()
    for name, text in {"a": "year=2019", "b": "year=2020", "c": "year=2020 publisher=甲县人民政府 code=371303"}.items():
        (folder / "in" / f"{name}.txt").write_text(text)
    run([folder / "in"], folder / "out", over=here, reader=reader())
    return folder / "out"


def received(code: str, dataset: str) -> object:
    found: dict[str, object] = {}
    assert 'dataset = "s3://reports/clean"' in code
    exec(code.replace("s3://reports/clean", dataset), found)
    return found["received"]


@pytest.mark.slow
@pytest.mark.parametrize("place", ["folder", "bucket"])
def test_the_examples_read_a_dataset_in_a_folder_and_in_a_bucket(dataset: Path, place: str, tmp_path: Path) -> None:
    """In a process of its own: what reads S3 takes its settings once."""
    script = tmp_path / "examples.py"
    script.write_text(f"from tests.test_scale_docs import check\n\ncheck({str(dataset)!r}, {place == 'bucket'})\n")
    if place == "bucket":
        pytest.importorskip("moto", reason="needs the extra `test`")
        pytest.importorskip("s3fs", reason="needs the extra `remote`")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def check(folder: str, in_a_bucket: bool) -> None:
    """Run the three examples over the dataset, there or in a bucket, and hold what they find against what is known."""
    assert len(BLOCKS) == 3
    address = _in_a_bucket(folder) if in_a_bucket else folder
    duck, frame, lazy = (received(code if in_a_bucket else _local(code), address) for code in BLOCKS)
    assert duck == [(2019, 60.0), (2020, 120.0)]
    assert sorted(frame) == [60.0, 60.0]  # type: ignore[call-overload]
    assert sorted(frame.index) == ["临沂市兰山区人民政府", "甲县人民政府"]  # type: ignore[attr-defined]
    assert [(int(year), value) for year, value in lazy.rows()] == duck  # type: ignore[attr-defined]


def _local(code: str) -> str:
    """As the page says, but for the line that tells DuckDB of a file system that it has itself."""
    return re.sub(r"^duckdb\.register_filesystem.*\n", "", code, flags=re.MULTILINE)


def _in_a_bucket(folder: str) -> str:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "no_proxy": "127.0.0.1,localhost",
    }
    import s3fs

    store = s3fs.S3FileSystem()
    store.mkdir("public")
    for path in Path(folder).rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("."):
            store.put_file(str(path), f"public/clean/{name}")
    return "s3://public/clean"


def test_the_compose_file_is_a_server_on_postgresql_that_keeps_to_itself() -> None:
    yaml = pytest.importorskip("yaml")
    compose = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
    server, database = compose["services"]["server"], compose["services"]["database"]
    assert set(server["depends_on"]) == {"database"}
    assert server["environment"]["PREFECT_API_DATABASE_CONNECTION_URL"].startswith("postgresql+asyncpg://prefect:")
    assert "@database:5432/" in server["environment"]["PREFECT_API_DATABASE_CONNECTION_URL"]
    assert database["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert [port.split(":-")[1] for port in server["ports"]] == ["127.0.0.1}:4200:4200"]
    assert all(volume.split(":")[0] in compose["volumes"] for volume in database["volumes"])
    assert all(isinstance(value, str) for service in (server, database) for value in service["environment"].values())
    names = re.findall(r"\$\{(\w+)", (ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
    example = (ROOT / "deploy/compose.env.example").read_text(encoding="utf-8")
    assert all(re.search(rf"^{name}=", example, re.MULTILINE) for name in names)


@pytest.mark.slow
def test_settings_of_prefect_that_the_page_and_the_file_name_exist() -> None:
    """In a process of its own, so that Prefect's import costs no other test."""
    text = PAGE + (ROOT / "deploy/compose.yaml").read_text(encoding="utf-8")
    names = sorted(set(re.findall(r"\bPREFECT_[A-Z_]+[A-Z]\b", text)) - {"PREFECT_LISTEN"})
    assert len(names) >= 6
    code = (
        "import sys\nfrom prefect.settings.legacy import _get_settings_fields\nfrom prefect.settings import Settings\n"
        "known = set(_get_settings_fields(Settings))\nprint([name for name in sys.argv[1:] if name not in known])"
    )
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
