"""What `python flows.py` and the verbs that hand over to it take."""

from __future__ import annotations

import os
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.nightly.arguments import parser


def test_a_backfill_takes_spans_and_lists() -> None:
    wanted = parser().parse_args(["backfill", "--years", "2015-2017,2020", "--jurisdictions", "37, 3713", "--refetch"])
    assert vars(wanted) == {
        "verb": "backfill",
        "years": [2015, 2016, 2017, 2020],
        "jurisdictions": ["37", "3713"],
        "sources": [],
        "refetch": True,
        "reextract": False,
    }


@pytest.mark.parametrize("years", ["2020-2015", "last", "2015-", "-1", ""])
def test_what_is_no_year_is_refused(years: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["backfill", f"--years={years}"])
    assert ended.value.code == 2
    assert "2015-2019,2022" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "becomes"),
    [
        (["serve", "--port", "4300", "--every", "60"], ["-m", "serving", "--port", "4300", "--every", "60.0"]),
        (
            ["backfill", "--years", "2020", "--sources", "甲县人民政府", "--reextract"],
            ["-m", "flows", "backfill", "--years=2020", "--sources=甲县人民政府", "--reextract"],
        ),
    ],
)
def test_the_verbs_hand_over_with_what_they_were_given(
    call: list[str], becomes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Any] = []
    monkeypatch.setattr(os, "execve", lambda *arguments: called.extend(arguments))
    CliRunner().invoke(app, call, catch_exceptions=False)
    _, line, environment = called
    assert line[1:] == becomes
    assert environment["PYTHONSAFEPATH"] == "1"  # no flows.py of the folder that we are in


def test_a_trial_of_notices_says_that_nobody_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["notify"])
    assert done.exit_code == 2
    assert "GONGKAI_WEBHOOK_URL" in done.stderr
    monkeypatch.setenv("GONGKAI_WEBHOOK_URL", "http://127.0.0.1:1/s3cr3t")
    done = CliRunner().invoke(app, ["notify"])
    assert done.exit_code == 1
    assert "could not be reached" in done.stderr
    assert "s3cr3t" not in done.output
