"""Files at a URL of any file system that fsspec knows (s3://, gs://, az://, sftp://, memory:// …), and their errors.

What reads and writes is fsspec; here are bounds, and errors that name the URL and what to do. A file that is not there
is a FileNotFoundError; all else, refused rights and a broken network too, is Unreachable: it says nothing of the file,
and a dataset must not lose a province because a connection was lost.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import posixpath
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_BLOCK = 8_000_000
_TRIES = 2
_PAUSE_SECONDS = 1.0
_MOST_READ = 100_000_000
_TAGS = ("ETag", "etag", "md5Hash", "content_md5", "ino", "version_aware", "VersionId")
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "modified", "created")

_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "TokenRetrievalError", "UnauthorizedSSOTokenError")
_CREDENTIALS_NEXT = (
    "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or FSSPEC_S3_ANON=true for what "
    "is public (docs/scale.md)"
)


class BadUrl(ValueError):
    """No URL that can be read or written; says what to give instead."""


class Unreachable(OSError):
    """A URL could not be opened for a reason that is not its own absence; another run may fare better."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file below a URL. `changed_ns` is when it was last written (nanoseconds since the epoch), as far as the store
    says, `tag` a digest of all that the store says of its content; 0 where it says nothing."""

    url: str
    size: int
    changed_ns: int
    tag: int


def is_url(path: str | os.PathLike[str]) -> bool:
    return isinstance(path, str) and _URL.match(path) is not None


def plain(path: str | os.PathLike[str]) -> str:
    """A path or URL as it is worked with: file:// as the path that it is, others without a slash at their end.

    Raises BadUrl.
    """
    text = os.fspath(path)
    if not is_url(text):
        return text
    parts = urlsplit(text)
    if parts.password:
        raise BadUrl(f"a URL on {parts.hostname} holds a password; give it in the environment (docs/scale.md)")
    if parts.scheme.lower() == "file":
        return unquote(parts.path) or "/"
    if "::" in text:
        raise BadUrl(f"{text}: chained URLs are not read; unpack the archive, or give the URL of its files")
    if not parts.netloc and not parts.path.strip("/") and parts.scheme != "memory":
        raise BadUrl(f"{text} names no bucket; write {parts.scheme}://bucket/folder")
    return text.rstrip("/")


def exists(path: str) -> bool:
    """Whether there is anything at a local path or URL. Raises Unreachable."""
    if not is_url(path):
        return os.path.exists(path)
    fs, at = opened(path)
    with telling(path):
        return bool(fs.exists(at))
    raise AssertionError


def opened(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the URL's path there. Raises BadUrl for a kind that is not known, Unreachable for
    one whose library is not installed."""
    from fsspec.core import url_to_fs

    with telling(url):
        try:
            fs, at = url_to_fs(url)
        except ValueError as error:
            raise BadUrl(f"{url} cannot be read: {error}") from error
    return fs, at.rstrip("/")


def listed(url: str) -> list[Found]:
    """Every file at or below a URL, sorted. Raises FileNotFoundError where there is nothing, Unreachable."""
    fs, at = opened(url)
    with telling(url):
        fs.invalidate_cache()
        found: Mapping[str, Mapping[str, Any]] = fs.find(at, detail=True)
        if not found and not fs.exists(at):
            raise FileNotFoundError(url)
    files = []
    for path, about in found.items():
        if about.get("type", "file") == "file" and not path.endswith("/"):  # S3 marks folders by names like that
            files.append(_found(url + path[len(at) :] if path.rstrip("/") != at else url, about))
    return sorted(files, key=lambda file: file.url)


def _found(url: str, about: Mapping[str, Any]) -> Found:
    size = int(about.get("size") or 0)
    changed = next((about[name] for name in _TIMES if about.get(name) is not None), None)
    tags = [f"{name} {about[name]}" for name in _TAGS if about.get(name) is not None]
    changed_ns = _nanoseconds(changed)
    if not tags and not changed_ns:
        changed_ns = time.time_ns()  # as good as changed: it is read again at each run
    tag = hashlib.blake2b("\n".join(tags).encode(), digest_size=8).digest() if tags else bytes(8)
    return Found(url, size, changed_ns, int.from_bytes(tag, "big") & (2**63 - 1))


def _nanoseconds(moment: object) -> int:
    if isinstance(moment, datetime):
        return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000
    if isinstance(moment, int | float):
        return int(moment * 1_000_000_000)
    if isinstance(moment, str):
        with contextlib.suppress(ValueError):
            return _nanoseconds(datetime.fromisoformat(moment.replace("Z", "+00:00")))
    return 0


def read(url: str, most: int) -> bytes:
    """The bytes of a file, `most` of them at most. Raises FileNotFoundError, Unreachable."""
    fs, at = opened(url)
    for left in reversed(range(_TRIES)):
        try:
            with telling(url), fs.open(at, "rb", block_size=_BLOCK) as file:
                data: bytes = file.read(most)
                return data
        except Unreachable:
            if not left:
                raise
            time.sleep(_PAUSE_SECONDS)
    raise AssertionError


def sha256_of(url: str) -> str:
    """The sha256 of a file's bytes. Raises FileNotFoundError, Unreachable."""
    fs, at = opened(url)
    for left in reversed(range(_TRIES)):
        total = hashlib.sha256()
        try:
            with telling(url), fs.open(at, "rb", block_size=_BLOCK) as file:
                while block := file.read(_BLOCK):
                    total.update(block)
            return total.hexdigest()
        except Unreachable:
            if not left:
                raise
            time.sleep(_PAUSE_SECONDS)
    raise AssertionError


def is_of_this_process(url: str) -> bool:
    """Whether no other process can open the URL: what lies in memory."""
    return url.startswith("memory://")


@contextlib.contextmanager
def telling(url: str) -> Iterator[None]:
    """Turn what the libraries of a store raise into errors that name the URL and the next step."""
    scheme = url.split("://", 1)[0]
    try:
        yield
    except (Unreachable, BadUrl, FileExistsError):
        raise
    except FileNotFoundError as error:
        if "specified bucket does not exist" in str(error):
            raise Unreachable(f"{url}: there is no such bucket; make it first, or mend the name") from error
        raise FileNotFoundError(url) from error
    except PermissionError as error:
        raise Unreachable(f"{url}: access is refused; see what the credentials in use may do ({error})") from error
    except ImportError as error:
        extra = "pip install 'gongkai[remote]'" if scheme in ("s3", "s3a") else f"install what it needs ({error})"
        raise Unreachable(f"{url}: what opens {scheme}:// is not installed: {extra}") from error
    except Exception as error:
        name = type(error).__name__
        if name in _CREDENTIALS:
            raise Unreachable(f"{url}: {_CREDENTIALS_NEXT}") from error
        words = " ".join(str(error).split())[:200]
        raise Unreachable(f"{url} cannot be reached: {words or name}; run again when it can") from error


def name_below(url: str, root: str) -> str:
    """The name of a file relative to the URL of its folder; of a file that is itself `root`, its own name."""
    return posixpath.basename(url) if url == root else url[len(root) + 1 :]


@dataclass(frozen=True, slots=True, order=True)
class RemoteFile:
    """A file at a URL, where one reads it as if it were a `Path`."""

    url: str

    @property
    def name(self) -> str:
        return posixpath.basename(self.url)

    def read_bytes(self) -> bytes:
        return read(self.url, _MOST_READ)

    def __fspath__(self) -> str:
        return self.url

    def __str__(self) -> str:
        return self.url
