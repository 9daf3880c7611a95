"""Notices reach a real webhook and a real mail server, and nothing secret leaves by any other way."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from pipeline.nightly.sending import Notice, NotTold, mail, post, send
from pipeline.settings import Settings, load
from tests.nightly.receivers import mailbox, webhook

NOTICE = Notice(
    "alarm", "gongkai ALARM: 3 reports are gone", "3 reports are gone:\n   - 莱州市人民政府 2020", {"run": "x"}
)
TOKEN = "s3cr3t-t0k3n"
PASSWORD = "c0rrect-h0rse"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's context whose authority this process trusts."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return context_of(authority)


@pytest.fixture(autouse=True)
def all_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    said = " ".join([*(record.getMessage() for record in caplog.records), caplog.text])
    assert TOKEN not in said
    assert PASSWORD not in said


def context_of(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def by_mail(port: int, security: str, **more: object) -> Settings:
    return load(
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security=security,
        mail_from="gongkai@example.org",
        mail_to="a@example.org, b@example.org",
        **more,
    )


def test_a_webhook_gets_text_for_people_and_data_for_programs() -> None:
    with webhook() as hook:
        post(NOTICE, load(webhook_url=hook.url(f"/hook/{TOKEN}")))
    assert hook.paths == [f"/hook/{TOKEN}"]
    (got,) = hook.got
    assert got["text"] == f"{NOTICE.subject}\n\n{NOTICE.text}"
    assert (got["level"], got["run"]) == ("alarm", "x")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("wecom", lambda got: (got["msgtype"], got["text"]["content"])),
        ("dingtalk", lambda got: (got["msgtype"], got["text"]["content"])),
        ("feishu", lambda got: (got["msg_type"], got["content"]["text"])),
    ],
)
def test_the_services_of_offices_get_what_they_understand(kind: str, text: object) -> None:
    with webhook((200, b'{"errcode": 0, "errmsg": "ok"}')) as hook:
        post(NOTICE, load(webhook_url=hook.url(), webhook_kind=kind))
    assert callable(text)
    assert text(hook.got[0]) == ("text", f"{NOTICE.subject}\n\n{NOTICE.text}")


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("plain", (500, b"")),
        ("plain", (302, b"")),
        ("wecom", (200, b'{"errcode": 93000, "errmsg": "invalid webhook url"}')),
        ("feishu", (200, b'{"code": 19024, "msg": "Key Words Not Found"}')),
        ("dingtalk", (200, b"<html>")),
    ],
)
def test_a_webhook_that_did_not_take_it_is_an_error_without_its_address(kind: str, answer: tuple[int, bytes]) -> None:
    with webhook(answer) as hook, pytest.raises(NotTold, match=r"the webhook at 127\.0\.0\.1") as caught:
        post(NOTICE, load(webhook_url=hook.url(f"/{TOKEN}"), webhook_kind=kind))
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_long_text_is_cut_where_the_service_would_refuse_it() -> None:
    with webhook((200, b'{"errcode": 0}')) as hook:
        post(Notice("alarm", "long", "长" * 5000, {}), load(webhook_url=hook.url(), webhook_kind="wecom"))
    content = hook.got[0]["text"]["content"]
    assert len(content.encode()) <= 2000
    assert content.endswith("长 …")


def test_nobody_at_the_address_is_an_error() -> None:
    with pytest.raises(NotTold, match=r"could not be reached \(ConnectError\)") as caught:
        post(NOTICE, load(webhook_url=f"http://127.0.0.1:1/{TOKEN}"))
    assert TOKEN not in repr(caught.value)


def test_a_letter_goes_to_all_and_keeps_its_chinese(trusted: ssl.SSLContext) -> None:
    with mailbox(trusted) as box:
        mail(NOTICE, by_mail(box.port, "starttls"))
    (letter,) = box.letters
    assert box.secure == [True]
    assert (letter["Subject"], letter["To"]) == (NOTICE.subject, "a@example.org, b@example.org")
    assert letter.get_content().splitlines() == NOTICE.text.splitlines()


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # TLS is there from the first byte, which the server cannot see
def test_a_password_is_given_over_a_protected_way(trusted: ssl.SSLContext) -> None:
    for implicit in (False, True):
        with mailbox(trusted, implicit=implicit, password=PASSWORD.encode()) as box:
            settings = by_mail(box.port, "tls" if implicit else "starttls", smtp_user="me", smtp_password=PASSWORD)
            mail(NOTICE, settings)
        assert box.logins == [(b"me", PASSWORD.encode())]
        assert len(box.letters) == 1


def test_a_wrong_password_is_an_error_that_does_not_name_it(trusted: ssl.SSLContext) -> None:
    with mailbox(trusted, password=b"another") as box, pytest.raises(NotTold, match="535") as caught:
        mail(NOTICE, by_mail(box.port, "starttls", smtp_user="me", smtp_password=PASSWORD))
    assert PASSWORD not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_server_whom_nobody_vouches_for_gets_nothing(authority: trustme.CA) -> None:
    with mailbox(context_of(authority)) as box, pytest.raises(NotTold, match="SSLCertVerificationError"):
        mail(NOTICE, by_mail(box.port, "starttls"))
    assert box.letters == []


def test_a_server_without_protection_gets_nothing_unless_told_so() -> None:
    with mailbox() as box:
        with pytest.raises(NotTold, match="SMTPNotSupportedError"):
            mail(NOTICE, by_mail(box.port, "starttls"))
        assert box.letters == []
        mail(NOTICE, by_mail(box.port, "none"))
        assert len(box.letters) == 1


def test_one_refused_address_is_an_error_though_the_other_got_it() -> None:
    with mailbox(refused="b@example.org") as box, pytest.raises(NotTold, match="refused 1 of 2 addresses"):
        mail(NOTICE, by_mail(box.port, "none"))
    assert len(box.letters) == 1


@pytest.mark.slow
def test_each_way_is_tried_again_and_on_its_own() -> None:
    waited: list[float] = []
    with webhook((503, b""), (503, b""), (200, b"")) as hook:
        settings = load(
            webhook_url=hook.url(f"/{TOKEN}"),
            smtp_host="127.0.0.1",
            smtp_port=1,
            smtp_security="none",
            mail_from="x@example.org",
            mail_to="y@example.org",
        )
        told, failed = send(NOTICE, settings, tries=3, pause=10.0, sleep=waited.append)
    assert told == ("webhook",)
    assert len(failed) == 1
    assert "127.0.0.1:1 could not be used (ConnectionRefusedError)" in failed[0]
    assert waited == [10.0, 20.0, 10.0, 20.0]
    assert len(hook.got) == 3


def test_nobody_is_told_when_nobody_is_to_be() -> None:
    assert send(NOTICE, load()) == ((), ())
