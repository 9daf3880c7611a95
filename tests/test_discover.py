"""INPUT → files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.discover import discover


def names(*inputs: Path) -> list[str]:
    return [source.source_path for source in discover(inputs)]


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_folders_are_walked_and_names_are_relative_to_input(tmp_path: Path) -> None:
    write(tmp_path / "in/b.txt")
    write(tmp_path / "in/a/c/d.pdf")
    file = write(tmp_path / "elsewhere/e.docx")
    assert names(tmp_path / "in", file) == ["a/c/d.pdf", "b.txt", "e.docx"]


def test_neither_the_order_of_inputs_nor_overlap_matters(tmp_path: Path) -> None:
    inner = write(tmp_path / "in/a/x.txt").parent
    write(tmp_path / "in/y.txt")
    outer = tmp_path / "in"
    assert names(outer, inner) == names(inner, outer, outer, inner / "x.txt") == ["a/x.txt", "y.txt"]


def test_hidden_files_are_left_out_unless_they_are_input(tmp_path: Path) -> None:
    hidden = write(tmp_path / ".git/x.txt")
    write(tmp_path / ".DS_Store")
    assert names(tmp_path) == []
    assert names(hidden) == ["x.txt"]


def test_files_of_two_inputs_that_share_a_name_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path / "p/in/x.txt")
    write(tmp_path / "q/in/x.txt")
    write(tmp_path / "r/y.txt")
    assert names(tmp_path / "p/in", tmp_path / "q/in", tmp_path / "r") == ["p/in/x.txt", "q/in/x.txt", "y.txt"]


def test_what_cannot_be_read_is_there_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    write(tmp_path / "locked/x.txt")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr("pipeline.discover.os.scandir", refuse)
    reasons = {source.source_path: source.reason for source in discover([tmp_path])}
    assert reasons == {
        "broken": "a link that leads nowhere",
        "locked": "the folder cannot be listed: permission denied",
        "pipe": "no regular file (a pipe, socket or device)",
    }


def test_links_are_followed_once(tmp_path: Path) -> None:
    write(tmp_path / "in/real/x.txt")
    write(tmp_path / "far/y.txt")
    (tmp_path / "in/again").symlink_to(tmp_path / "in/real")
    (tmp_path / "in/far").symlink_to(tmp_path / "far")
    (tmp_path / "in/real/loop").symlink_to(tmp_path / "in")
    (tmp_path / "in/file").symlink_to(tmp_path / "far/y.txt")
    assert names(tmp_path / "in") == ["far/y.txt", "file", "real/x.txt"]


def test_names_that_are_no_utf8_become_text(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + "/年报.txt".encode("gb18030"))).write_text("x")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xff.txt")).write_text("x")
    assert names(tmp_path) == ["\\xff\\xff.txt", "年报.txt"]


def test_an_input_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        discover([tmp_path / "nope"])


def test_what_the_caller_owns_is_skipped(tmp_path: Path) -> None:
    write(tmp_path / "in/out/facts.csv")
    write(tmp_path / "in/x.txt")
    assert [s.source_path for s in discover([tmp_path / "in"], lambda path: path.endswith("/out"))] == ["x.txt"]
