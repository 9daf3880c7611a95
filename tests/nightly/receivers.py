"""Real receivers of notices on loopback: a webhook and a mail server, which keep what they get."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Webhook:
    """`answers` are given in turn, (status, body); the last for ever."""

    port: int
    answers: list[tuple[int, bytes]] = field(default_factory=lambda: [(200, b"ok")])
    got: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def webhook(*answers: tuple[int, bytes]) -> Iterator[Webhook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append(json.loads(body))
            kept.paths.append(self.path)
            status, answer = kept.answers.pop(0) if len(kept.answers) > 1 else kept.answers[0]
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Webhook(server.server_address[1])
    if answers:
        kept.answers = list(answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Mailbox:
    port: int = 0
    refused: frozenset[str] = frozenset()
    letters: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        letter = BytesParser(policy=default).parsebytes(envelope.original_content or b"")
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.secure.append(session.ssl is not None)
        return "250 taken"


@contextmanager
def mailbox(
    context: ssl.SSLContext | None = None, *, implicit: bool = False, password: bytes | None = None, refused: str = ""
) -> Iterator[Mailbox]:
    """A mail server; with `context` it offers STARTTLS, or speaks TLS from the first byte if `implicit`."""
    kept = Mailbox(refused=frozenset(filter(None, [refused])))

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        kept.logins.append((data.login, data.password))
        return AuthResult(success=data.password == password, handled=False)

    options: dict[str, Any] = {"hostname": "localhost"}
    if context is not None and not implicit:
        options |= {"tls_context": context, "require_starttls": True}
    if password is not None:
        options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": not implicit}
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    making = loop.create_server(
        lambda: SMTP(kept, loop=loop, **options), "127.0.0.1", 0, ssl=context if implicit else None
    )
    server = asyncio.run_coroutine_threadsafe(making, loop).result(10)
    kept.port = server.sockets[0].getsockname()[1]
    try:
        yield kept
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
