from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.harvest import RawStore
from tests.harvest.site import Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> RawStore:
    return RawStore(tmp_path / "store")
