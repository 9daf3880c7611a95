"""A site with reports, settings that harvest it, and nights over them without any engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline import nightly
from pipeline.nightly.record import Night
from pipeline.nightly.sending import Notice
from pipeline.nightly.stages import HARVEST, Asked, Stages, plain
from pipeline.nightly.turns import Turn, of_a_backfill, of_a_night
from pipeline.settings import Settings, load
from tests.harvest.site import Site

SAMPLES = Path(__file__).parents[2] / "data/raw"
START = datetime(2026, 11, 16, 18, 30, tzinfo=UTC)  # a Tuesday, half past two in the morning, in Shanghai
_HEADER = "jurisdiction,publisher,url,follow,from_year,to_year,status,status_date,status_reason,note"
_OFFLINE = {"rate": float("inf"), "allow": ("127.0.0.1",), "retries": 0, "connect_seconds": 2.0, "probe": False}


def publish(site: Site, *samples: str, page: str = "/list") -> None:
    """Put these samples on the site, and a list that leads to them."""
    links = "".join(
        f"<li><a href='/{name}'>{number}号：政府信息公开工作年度报告</a>" for number, name in enumerate(samples)
    )
    site.put(page, f"<html><meta charset=utf-8><h1>年报</h1><ul>{links}</ul>")
    for name in samples:
        site.put(f"/{name}", (SAMPLES / name).read_bytes())


@dataclass
class Home:
    """A folder with sources.csv, a store and a dataset; `night()` runs one, a day after the other."""

    folder: Path
    nights: int = 0
    given: dict[str, Any] = field(default_factory=dict)
    told: list[Notice] = field(default_factory=list)
    refuse: tuple[str, ...] = ()

    def sources(self, *urls: str) -> None:
        (self.folder / "raw").mkdir(parents=True, exist_ok=True)
        lines = [f"371323,第{number}县人民政府,{url},年度报告,,,,,," for number, url in enumerate(urls)]
        (self.folder / "raw/sources.csv").write_text("\n".join([_HEADER, *lines]), encoding="utf-8")

    @property
    def out(self) -> Path:
        return self.folder / "clean"

    @property
    def settings(self) -> Settings:
        given = {
            "sources": self.folder / "raw/sources.csv",
            "store": self.folder / "store",
            "inputs": str(self.folder / "raw"),
            "out": self.out,
            "contact": "tests@example.org",
            "harvest": _OFFLINE,
            **self.given,
        }
        return load(**given)

    def tell(self, notice: Notice, settings: Settings) -> tuple[tuple[str, ...], tuple[str, ...]]:
        self.told.append(notice)
        return ((), self.refuse) if self.refuse else (("test",), ())

    def night(self, **changed: Callable[..., Any]) -> Night:
        return self._run(Asked(HARVEST), changed)

    def backfill(self, asked: Asked, **changed: Callable[..., Any]) -> Night:
        return self._run(asked, changed)

    def _run(self, asked: Asked, changed: dict[str, Callable[..., Any]]) -> Night:
        base = plain()
        stages = Stages(changed.get("fetch", base.fetch), changed.get("publish", base.publish), self.tell)
        began = START + timedelta(days=self.nights)
        self.nights += 1
        times = iter([began, began + timedelta(minutes=5)])
        with of_a_night(self.out, began, 1) if asked.kind == HARVEST else of_a_backfill(self.out, began) as turn:
            assert isinstance(turn, Turn)
            return nightly.night(asked, self.settings, turn, stages=stages, run="test/run", clock=lambda: next(times))


def kinds(night: Night) -> list[str]:
    return [problem.kind for problem in night.problems]
