"""A notice → the people who shall read it: posted to a webhook, written by mail.

A webhook's address is as good as a password, and so are the names of a mail login: no error raised here, and nothing
logged, holds any of them, and no original error is chained that might.
"""

from __future__ import annotations

import contextlib
import logging
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pipeline.settings import Settings

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds that a receiver may take to answer."""

_LONGEST = {"wecom": 2000, "dingtalk": 18_000, "feishu": 18_000, "plain": 100_000}  # bytes of text that each allows
_QUIET = ("httpx", "httpcore")  # they log whole addresses


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told: `level` is alarm, notice or well; `subject` one line, `text` for people, `about` for programs."""

    level: str
    subject: str
    text: str
    about: dict[str, Any]


class NotTold(Exception):
    """A notice could not be delivered on one way; names the way and what happened, without anything secret."""


def ways(settings: Settings) -> dict[str, Callable[[Notice], None]]:
    """The ways on which notices are sent, by name; empty if nobody is to be told."""
    found: dict[str, Callable[[Notice], None]] = {}
    if settings.webhook_url is not None:
        found["webhook"] = lambda notice: post(notice, settings)
    if settings.smtp_host is not None:
        found["mail"] = lambda notice: mail(notice, settings)
    return found


def send(
    notice: Notice,
    settings: Settings,
    *,
    tries: int = 1,
    pause: float = 0.0,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Send a notice on every way, each up to `tries` times, `pause` seconds between them and twice as long each time.

    Returns the ways on which it went, and what is to be said of those on which it did not.
    """
    told, failed = [], []
    for name, way in ways(settings).items():
        for number in range(1, tries + 1):
            try:
                way(notice)
            except NotTold as error:
                log.warning("%s (try %d of %d)", error, number, tries)
                if number == tries:
                    failed.append(str(error))
                else:
                    sleep(pause * 2 ** (number - 1))
            else:
                log.info("told by %s: %s", name, notice.subject)
                told.append(name)
                break
    return tuple(told), tuple(failed)


def post(notice: Notice, settings: Settings) -> None:
    """Post a notice to the webhook. Raises NotTold."""
    import httpx

    assert settings.webhook_url is not None
    address = settings.webhook_url.get_secret_value()
    where = f"the webhook at {urlsplit(address).hostname}"
    trouble = ""
    with _silenced():
        try:
            answer = httpx.post(address, json=_payload(notice, settings.webhook_kind), timeout=PATIENCE)
            if not answer.is_success:
                trouble = f"{where} answered {answer.status_code}"
            elif settings.webhook_kind != "plain":
                trouble = _refused(answer, where)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
            trouble = f"{where} could not be reached ({type(error).__name__})"
    if trouble:
        raise NotTold(trouble)


def mail(notice: Notice, settings: Settings) -> None:
    """Write a notice by mail. Raises NotTold, also if one of the addresses was refused."""
    where = f"the mail server {settings.smtp_host}:{settings.smtp_port}"
    trouble = ""
    try:
        refused = _hand_over(_letter(notice, settings), settings)
        if refused:
            trouble = f"{where} refused {refused} of {len(settings.mail_to)} addresses"
    except smtplib.SMTPResponseException as error:
        trouble = f"{where} refused the message ({type(error).__name__} {error.smtp_code})"
    except (smtplib.SMTPException, OSError, ValueError) as error:
        trouble = f"{where} could not be used ({type(error).__name__})"
    if trouble:
        raise NotTold(trouble)


def _payload(notice: Notice, kind: str) -> dict[str, Any]:
    text = _cut(f"{notice.subject}\n\n{notice.text}", _LONGEST[kind])
    if kind in ("wecom", "dingtalk"):
        return {"msgtype": "text", "text": {"content": text}}
    if kind == "feishu":
        return {"msg_type": "text", "content": {"text": text}}
    return {"text": text, "level": notice.level, "subject": notice.subject, **notice.about}


def _refused(answer: Any, where: str) -> str:
    """These services say in the body, under status 200, that they did not take it."""
    try:
        body = answer.json()
        code = body.get("errcode", body.get("code", 0))
    except (ValueError, AttributeError):
        return f"{where} answered something else than JSON"
    return f"{where} refused it (code {code})" if code else ""


def _letter(notice: Notice, settings: Settings) -> EmailMessage:
    letter = EmailMessage()
    letter["Subject"] = " ".join(notice.subject.split())
    letter["From"] = settings.mail_from
    letter["To"] = ", ".join(settings.mail_to)
    letter["Date"] = formatdate(localtime=True)
    letter["Message-ID"] = make_msgid(domain=(settings.mail_from or "").rpartition("@")[2] or None)
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(notice.text, charset="utf-8")
    return letter


def _hand_over(letter: EmailMessage, settings: Settings) -> int:
    """Give a letter to the server; returns how many addresses it refused."""
    host, port = settings.smtp_host or "", settings.smtp_port
    server: smtplib.SMTP
    if settings.smtp_security == "tls":
        server = smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(host, port, timeout=PATIENCE)
    with server:
        if settings.smtp_security == "starttls":
            server.starttls(context=ssl.create_default_context())  # raises where the server has none
        if settings.smtp_user is not None and settings.smtp_password is not None:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        return len(server.send_message(letter))


def _cut(text: str, most: int) -> str:
    """Text of at most so many bytes, cut between characters."""
    raw = text.encode("utf-8", "replace")
    return text if len(raw) <= most else raw[: most - 4].decode("utf-8", "ignore") + " …"


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in _QUIET]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
