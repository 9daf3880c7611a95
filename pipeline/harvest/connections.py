"""httpx over connections that were judged: the resolver, the policy and the connection are one step.

httpx asks a transport for an answer; this one hands the request to httpcore, whose network backend connects here. TLS
is verified against the host's name, whatever address it was connected at.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from functools import cache
from typing import Any

import anyio
import httpcore
import httpx

from pipeline.harvest.addresses import Policy

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Host and port → the addresses of the host, as text."""

_MOST_ADDRESSES = 4


async def resolve(host: str, port: int) -> list[str]:
    """What the system's resolver says. Raises OSError."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Guarded(httpcore.AsyncNetworkBackend):
    """Connects to addresses that the policy lets pass, and to no other."""

    def __init__(self, policy: Policy, resolver: Resolve | None = None) -> None:
        self._policy = policy
        self._resolve = resolver or resolve
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            with anyio.fail_after(timeout):
                addresses = await self._resolve(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"the name {host} was not resolved in time") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host} is not known ({error})") from error
        fit = self._policy.judged(host, addresses, port)[:_MOST_ADDRESSES]
        for address in fit[:-1]:
            try:
                return await self._backend.connect_tcp(
                    address, port, timeout and timeout / 2, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._backend.connect_tcp(fit[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("no socket of this machine is asked")

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


class Transport(httpx.AsyncBaseTransport):
    """httpx's transport over `Guarded`. Errors of httpcore pass through as they are."""

    def __init__(self, policy: Policy, context: ssl.SSLContext, connections: int) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=30.0,
            network_backend=Guarded(policy),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                request.method, url, headers=request.headers.raw, content=request.stream, extensions=request.extensions
            )
        )
        # httpx builds the next request from a Location even when it is not to follow it, and fails on those that
        # servers send: it is handed on beside
        location = next((value for name, value in answer.headers if name.lower() == b"location"), None)
        headers = [(name, value) for name, value in answer.headers if name.lower() != b"location"]
        extensions = {**answer.extensions, "location": location}
        return httpx.Response(answer.status, headers=headers, stream=_Stream(answer.stream), extensions=extensions)

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Stream(httpx.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


def tls(ca_file: str | None = None) -> ssl.SSLContext:
    """Verification against the known authorities, and those in `ca_file` besides. Raises OSError for that file."""
    if ca_file is None:
        return _known_authorities()
    context: ssl.SSLContext = httpx.create_ssl_context(verify=True, trust_env=False)
    context.load_verify_locations(cafile=ca_file)
    return context


@cache
def _known_authorities() -> ssl.SSLContext:
    context: ssl.SSLContext = httpx.create_ssl_context(verify=True, trust_env=False)
    return context
