"""What is at a URL, and what is said when it cannot be opened."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pipeline.beside import Beside, is_as_it_was
from pipeline.discover import discover
from pipeline.remote import files
from pipeline.remote.files import BadUrl, Unreachable, listed, plain


def put(url: str, data: bytes) -> str:
    fs, at = files.opened(url)
    with files.telling(url):
        fs.pipe_file(at, data)
    return url


def test_files_below_a_url_are_listed_with_size_time_and_tag(bucket: str) -> None:
    put(f"{bucket}/raw/b.txt", b"hello")
    put(f"{bucket}/raw/a/empty.txt", b"")
    first = listed(f"{bucket}/raw")
    assert [(file.url, file.size) for file in first] == [(f"{bucket}/raw/a/empty.txt", 0), (f"{bucket}/raw/b.txt", 5)]
    assert all(file.changed_ns > 1_700_000_000 * 10**9 and file.tag for file in first)
    assert listed(f"{bucket}/raw") == first
    put(f"{bucket}/raw/b.txt", b"other")  # as long as before, maybe within the same second
    assert listed(f"{bucket}/raw")[1].tag != first[1].tag
    assert [file.url for file in listed(f"{bucket}/raw/b.txt")] == [f"{bucket}/raw/b.txt"]


def test_bytes_are_read_up_to_a_bound_and_hashed_whole(bucket: str) -> None:
    url = put(f"{bucket}/x", bytes(range(256)) * 100)
    assert files.read(url, 10) == bytes(range(10))
    assert files.read(put(f"{bucket}/empty", b""), 10) == b""
    assert files.sha256_of(url) == hashlib.sha256(bytes(range(256)) * 100).hexdigest()


def test_names_are_relative_to_input_and_hidden_files_are_left_out(bucket: str) -> None:
    for name in ("b.txt", "报告/2020.html", ".hidden/x", "a//c.txt"):
        put(f"{bucket}/raw/{name}", b"x")
    assert [s.source_path for s in discover([f"{bucket}/raw/"])] == ["a//c.txt", "b.txt", "报告/2020.html"]
    assert [s.source_path for s in discover([f"{bucket}/raw/b.txt"])] == ["b.txt"]
    kept = discover([f"{bucket}/raw"], lambda url: not url.endswith("b.txt"))
    assert [s.path for s in kept] == [f"{bucket}/raw/b.txt"]


def test_names_that_two_inputs_share_are_told_apart(bucket: str, tmp_path: Path) -> None:
    put(f"{bucket}/one/x.txt", b"1")
    put(f"{bucket}/two/x.txt", b"2")
    assert [s.source_path for s in discover([f"{bucket}/one", f"{bucket}/two"])] == ["one/x.txt", "two/x.txt"]
    (tmp_path / "x.txt").write_text("3")
    names = [s.source_path for s in discover([f"{bucket}/one", tmp_path])]
    assert names == [f"s3/{bucket.removeprefix('s3://')}/one/x.txt", f"{tmp_path.name}/x.txt"]
    assert str(tmp_path.parent) not in "".join(names)


def test_pictures_beside_a_page_are_lent_from_its_own_folder_only(bucket: str) -> None:
    page = put(f"{bucket}/raw/page.html", b"<img src=p/1.png>")
    picture = put(f"{bucket}/raw/p/1.png", b"picture")
    put(f"{bucket}/secret.png", b"secret")
    beside = Beside(page)
    assert beside("p/1.png") == b"picture"
    assert beside("../secret.png") is None
    assert beside("gone.png") is None
    sha256 = hashlib.sha256(b"picture").hexdigest()
    assert beside.taken == (("../secret.png", None), ("gone.png", None), ("p/1.png", sha256))
    assert is_as_it_was(page, beside.taken, {picture: sha256})
    assert is_as_it_was(page, beside.taken, {})
    put(picture, b"another")
    assert not is_as_it_was(page, beside.taken, {})


def test_a_store_of_a_harvest_is_refused(bucket: str) -> None:
    put(f"{bucket}/store/manifest.sqlite", b"x")
    put(f"{bucket}/store/objects/ab/abc", b"x")
    with pytest.raises(BadUrl, match="copy it"):
        discover([f"{bucket}/store"])


def test_what_is_not_there_is_told_from_what_cannot_be_reached(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError, match=f"{bucket}/nope"):
        listed(f"{bucket}/nope")
    with pytest.raises(FileNotFoundError):
        files.read(f"{bucket}/nope.txt", 10)
    with pytest.raises(Unreachable, match="s3://no-such-bucket-here/raw: there is no such bucket"):
        listed("s3://no-such-bucket-here/raw")
    with pytest.raises(Unreachable, match="there is no such bucket"):
        put("s3://no-such-bucket-here/x.txt", b"x")


def test_missing_credentials_are_named_with_what_to_set(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import s3fs

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    s3fs.S3FileSystem.clear_instance_cache()
    try:
        with pytest.raises(Unreachable, match=rf"{bucket}/raw: no credentials: set AWS_ACCESS_KEY_ID"):
            listed(f"{bucket}/raw")
    finally:
        s3fs.S3FileSystem.clear_instance_cache()


def test_a_store_that_does_not_answer_and_a_wrong_address_are_told(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import s3fs

    monkeypatch.setattr(files, "_TRIES", 1)
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    try:
        for address, said in (("http://127.0.0.1:9", "cannot be reached: Could not connect"), ("nonsense", "nonsense")):
            monkeypatch.setenv("AWS_ENDPOINT_URL", address)
            s3fs.S3FileSystem.clear_instance_cache()
            with pytest.raises(Unreachable, match=rf"s3://reports/raw.*{said}"):
                listed("s3://reports/raw")
    finally:
        s3fs.S3FileSystem.clear_instance_cache()


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    import fsspec

    fsspec.filesystem("memory")
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.setattr(sys.modules["fsspec.registry"], "registry", {})
    with pytest.raises(Unreachable, match=r"s3:// is not installed: pip install 'gongkai\[remote\]'"):
        files.opened("s3://reports/raw")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sftp://me:secret@host/raw", "holds a password"),
        ("s3://", "names no bucket"),
        ("zip://a::s3://b/c.zip", "chained"),
    ],
)
def test_urls_that_are_none_are_refused_without_their_secrets(url: str, said: str) -> None:
    with pytest.raises(BadUrl, match=said) as caught:
        plain(url)
    assert "secret" not in str(caught.value)


def test_unknown_kinds_are_refused_and_file_urls_are_paths() -> None:
    with pytest.raises(BadUrl, match="foo"):
        files.opened("foo://bucket/raw")
    assert plain("file:///srv/a%20b") == "/srv/a b"
    assert plain("s3://bucket/raw/") == "s3://bucket/raw"
    assert plain("data/raw") == "data/raw"
