"""Where `gongkai serve` can be reached, kept in OUT's hidden folder, so that other commands show their runs there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.publish.switch import HIDDEN

_FILE = "serve.json"
_PATIENCE = 3.0


@contextmanager
def announced(out: Path, address: str) -> Iterator[None]:
    """Keep the API address of the server for as long as it serves. Raises OSError."""
    path = out / HIDDEN / _FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"api": address}), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def served_at(out: Path) -> str | None:
    """The API address of the server that serves `out`, if one answers there."""
    try:
        address = json.loads((out / HIDDEN / _FILE).read_text(encoding="utf-8"))["api"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return address if isinstance(address, str) and answers(address) else None


def answers(address: str) -> bool:
    """Whether a server of Prefect answers at this API address."""
    import httpx

    try:
        # a proxy for the world outside is not asked for a server of one's own
        answer = httpx.get(f"{address}/health", timeout=_PATIENCE, trust_env=False)
        return answer.status_code == 200 and answer.json() is True
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return False
