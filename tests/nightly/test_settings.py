"""Every setting is documented, a misspelt or impossible one is refused by its name, and no error shows a value."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.settings import BadSettings, load, names

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where no .env is


def test_every_setting_stands_in_the_documentation_and_no_other() -> None:
    documented = re.findall(
        r"^\| `(GONGKAI_\w+)`", (ROOT / "docs/nightly.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(documented) == sorted(names())


def test_the_night_is_at_half_past_two_in_shanghai() -> None:
    settings = load()
    assert (settings.schedule, settings.timezone) == ("30 2 * * *", "Asia/Shanghai")


def test_settings_come_from_the_environment_and_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("GONGKAI_OUT=from/file\nGONGKAI_HARVEST_RATE=0.5\nOTHER_THING=1\n")
    monkeypatch.setenv("GONGKAI_HARVEST_ALLOW", "127.0.0.1, 10.0.0.0/8")
    monkeypatch.setenv("GONGKAI_GATE_LOST_OF_YEAR", "0.2")
    monkeypatch.setenv("GONGKAI_INPUTS", "a,b")
    monkeypatch.setenv("GONGKAI_MAIL_TO", "")  # as good as not there
    settings = load()
    assert settings.out == Path("from/file")
    assert settings.inputs == (Path("a"), Path("b"))
    assert (settings.harvest.rate, settings.harvest.allow) == (0.5, ("127.0.0.1", "10.0.0.0/8"))
    assert settings.gate.lost_of_year == 0.2
    assert settings.mail_to == ()


def test_a_contact_is_told_to_every_site() -> None:
    assert load().manners.user_agent == "gongkai"
    assert load(contact="me@example.org").manners.user_agent.endswith("(+mailto:me@example.org)")


@pytest.mark.parametrize("place", ["environment", "file"])
def test_a_misspelt_name_is_refused_with_the_one_that_was_meant(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if place == "file":
        Path(".env").write_text("GONGKAI_WEBHOK_URL=https://example.org/secret\n")
    else:
        monkeypatch.setenv("GONGKAI_WEBHOK_URL", "https://example.org/secret")
    with pytest.raises(BadSettings, match="did you mean GONGKAI_WEBHOOK_URL") as caught:
        load()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GONGKAI_SMTP_PORT", "many-secrets", "GONGKAI_SMTP_PORT: Input should be a valid integer"),
        ("GONGKAI_WEBHOOK_URL", "secret", "GONGKAI_WEBHOOK_URL: must begin with https://"),
        ("GONGKAI_TIMEZONE", "Peking", "GONGKAI_TIMEZONE: no such time zone"),
        ("GONGKAI_SCHEDULE", "daily", "GONGKAI_SCHEDULE: a cron schedule has five fields"),
        ("GONGKAI_WEEKLY", "someday", "GONGKAI_WEEKLY: "),
        ("GONGKAI_HARVEST_RATE", "fast", "GONGKAI_HARVEST_RATE: "),
        ("GONGKAI_GATE_LOST", "3", "GONGKAI_GATE: "),
        ("GONGKAI_SMTP_HOST", "mail.example.org", "needs GONGKAI_MAIL_FROM and GONGKAI_MAIL_TO"),
        ("GONGKAI_MAIL_TO", "a@example.org", "needs GONGKAI_SMTP_HOST"),
        ("GONGKAI_SMTP_USER", "me", "need each other"),
    ],
)
def test_an_impossible_value_is_refused_by_its_name(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings, match=re.escape(said)) as caught:
        load()
    assert "secret" not in str(caught.value)
    assert "docs/nightly.md" in str(caught.value)


def test_a_password_is_never_sent_in_the_clear() -> None:
    mail = {"smtp_host": "mail.example.org", "mail_from": "a@example.org", "mail_to": "b@example.org"}
    login = {"smtp_user": "me", "smtp_password": "secret"}
    with pytest.raises(BadSettings, match="in the clear"):
        load(**mail, **login, smtp_security="none")
    assert load(**mail, **login).smtp_security == "starttls"
    assert load(**{**mail, "smtp_host": "127.0.0.1"}, **login, smtp_security="none").smtp_port == 587


def test_secrets_do_not_show() -> None:
    settings = load(
        webhook_url="https://hooks.example.org/secret",
        smtp_host="m",
        mail_from="a@b",
        mail_to="c@d",
        smtp_user="me",
        smtp_password="secret",
    )
    assert "secret" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize("name", ["OUT", "INPUTS", "STORE"])
def test_a_url_is_refused_where_a_night_wants_a_folder(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"GONGKAI_{name}", "s3://reports/clean")
    with pytest.raises(BadSettings, match=f"GONGKAI_{name}.*a night works on folders"):
        load()


def test_a_scheduler_means_dask_unless_processes_are_asked_for() -> None:
    assert not load().uses_dask
    assert load(runner="dask").uses_dask
    assert load(scheduler="tcp://host:8786").uses_dask
    assert not load(scheduler="tcp://host:8786", runner="processes").uses_dask
