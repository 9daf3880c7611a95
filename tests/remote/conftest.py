"""A store that speaks S3, on this machine: moto's."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest

pytest.importorskip("moto", reason="needs the extra `test`")
pytest.importorskip("s3fs", reason="needs the extra `remote`")

_numbers = itertools.count()


@pytest.fixture(scope="package")
def endpoint() -> Iterator[str]:
    """The address of the store; environment and libraries are set to it."""
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("no_proxy", ",".join(filter(None, (os.environ.get("no_proxy"), "127.0.0.1", "localhost"))))
        yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str) -> str:
    """The URL of a bucket of the test's own."""
    import boto3

    name = f"bucket-{next(_numbers)}"
    boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket=name)
    return f"s3://{name}"
