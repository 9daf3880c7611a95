"""What the nightly run can be told: one typed place, read from the environment (`GONGKAI_…`) and a file `.env`.

docs/nightly.md lists every setting with its default; a test holds the two together. A name that begins with GONGKAI_
and is none of these is an error, since a misspelt address of the person to be told would be found out on the worst day.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipeline.gate import Bounds
from pipeline.harvest.manners import Manners
from pipeline.version import program_version

PREFIX = "GONGKAI_"
ENV_FILE = ".env"


class BadSettings(Exception):
    """The settings cannot be used; names each one, and what is wrong with it. Holds no value: it may be a secret."""


class Settings(BaseSettings):
    """Every setting, with its default. Durations in seconds, sizes in bytes, shares between 0 and 1.

    Those of `gate` and `harvest` are named like GONGKAI_GATE_LOST and GONGKAI_HARVEST_RATE; the dataclasses say what
    each means.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
        frozen=True,
    )

    # Where things lie
    sources: Path = Field(Path("data/raw/sources.csv"), description="the list of sources to harvest")
    store: Path = Field(Path("data/harvest"), description="the folder that keeps what was fetched, for ever")
    inputs: Annotated[tuple[Path, ...], NoDecode] = Field(
        (Path("data/raw"),), description="files and folders read beside the store, commas between them"
    )
    out: Path = Field(Path("data/clean"), description="the folder to publish the dataset in")
    corrections: Path | None = Field(
        None, description="human corrections; by default corrections.csv at the top of an input folder"
    )

    # When
    schedule: str = Field("30 2 * * *", description="when the nightly harvest starts, as in cron")
    timezone: str = Field("Asia/Shanghai", description="the time zone of the schedule, and of what people are told")
    longest_gap_hours: float = Field(36.0, gt=0, description="a longer gap between two nights is told to a person")
    patience: float = Field(6 * 3600.0, ge=0, description="how long a night waits for a run that is at work on OUT")

    # How it behaves towards the sites, and what may be published without a person
    contact: str | None = Field(
        None, description="an address or page, told to each site, to write to about the harvest"
    )
    harvest: Manners = Field(default_factory=Manners, description="how a harvest behaves: `pipeline.harvest.manners`")
    gate: Bounds = Field(default_factory=Bounds, description="what holds a new version back: `pipeline.gate`")

    # How much at a time
    batch: int = Field(200, ge=1, description="files that a task reads in one process")
    runner: Literal["processes", "dask"] | None = Field(
        None, description="what reading is spread over; by default dask with a scheduler, else processes"
    )
    scheduler: str | None = Field(None, description="the scheduler of a Dask cluster, like tcp://host:8786")

    # Prefect's own server, which `gongkai serve` starts when PREFECT_API_URL names none
    server_host: str = Field("127.0.0.1", description="the address that the server and its pages listen on")
    server_port: int = Field(4200, ge=1, le=65535, description="the port of the server and its pages")

    # Whom to tell
    webhook_url: SecretStr | None = Field(None, description="where notices are posted; often holds a token: a secret")
    webhook_kind: Literal["plain", "wecom", "dingtalk", "feishu"] = Field(
        "plain", description="what the receiver understands: plain (Slack, Mattermost, others), wecom, dingtalk, feishu"
    )
    smtp_host: str | None = Field(None, description="the mail server; none: no mail")
    smtp_port: int = Field(587, ge=1, le=65535, description="its port")
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", description="how the way to it is protected")
    smtp_user: str | None = Field(None, description="the name to log in with")
    smtp_password: SecretStr | None = Field(None, description="the password to log in with: a secret")
    mail_from: str | None = Field(None, description="the sender's address")
    mail_to: Annotated[tuple[str, ...], NoDecode] = Field((), description="the addresses to write to, commas between")
    weekly: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = Field(
        "monday", description="the day from which the weekly word that all is well is due"
    )
    failing_share: float = Field(0.5, gt=0, le=1, description="the share of sources that fail which is an alarm")

    # What is left to read
    nights_kept: int = Field(400, ge=1, description="nights whose record and page are kept")
    pages_url: HttpUrl | None = Field(None, description="where the pages of the nights are served, for links to them")
    log_format: Literal["text", "json"] = Field("text", description="how log lines on stderr look")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="the least that is logged")

    @field_validator("inputs", "mail_to", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("harvest", mode="before")
    @classmethod
    def _split_allowed(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("allow"), str):
            return {**value, "allow": tuple(part.strip() for part in value["allow"].split(",") if part.strip())}
        return value

    @field_validator("sources", "store", "inputs", "out", "corrections", mode="before")
    @classmethod
    def _of_this_machine(cls, value: Any) -> Any:
        if any("://" in str(part) for part in (value if isinstance(value, tuple) else (value,))):
            raise ValueError("a night works on folders of this machine; `gongkai run FOLDER -o URL` publishes to a URL")
        return value

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("no such time zone; they are named like Asia/Shanghai") from None
        return value

    @field_validator("schedule")
    @classmethod
    def _five_fields(cls, value: str) -> str:
        if len(value.split()) != 5:
            raise ValueError("a cron schedule has five fields: minute hour day month weekday")
        return value

    @field_validator("webhook_url")
    @classmethod
    def _web_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().lower().startswith(("http://", "https://")):
            raise ValueError("must begin with https:// (or http://)")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        if self.smtp_host and not (self.mail_from and self.mail_to):
            raise ValueError("GONGKAI_SMTP_HOST needs GONGKAI_MAIL_FROM and GONGKAI_MAIL_TO too")
        if self.mail_to and not self.smtp_host:
            raise ValueError("GONGKAI_MAIL_TO needs GONGKAI_SMTP_HOST too: without it no mail is sent")
        if (self.smtp_user is None) != (self.smtp_password is None):
            raise ValueError("GONGKAI_SMTP_USER and GONGKAI_SMTP_PASSWORD need each other")
        if self.smtp_password and self.smtp_security == "none" and not _is_this_machine(self.smtp_host or ""):
            raise ValueError("GONGKAI_SMTP_SECURITY=none would send the password in the clear: use starttls or tls")
        return self

    @property
    def uses_dask(self) -> bool:
        return self.runner == "dask" or (self.runner is None and self.scheduler is not None)

    @property
    def manners(self) -> Manners:
        """How a harvest behaves, with the contact in its User-Agent."""
        if self.contact is None:
            return self.harvest
        return replace(self.harvest, user_agent=Manners.agent(self.contact, program_version()))


def names() -> Iterator[str]:
    """The name of every setting in the environment."""
    for name, field in Settings.model_fields.items():
        if field.annotation in (Manners, Bounds):
            yield from (f"{PREFIX}{name.upper()}_{part.name.upper()}" for part in fields(field.annotation))
        else:
            yield f"{PREFIX}{name.upper()}"


def load(**given: Any) -> Settings:
    """The settings of this machine, `given` ones before those of the environment. Raises BadSettings."""
    _refuse_unknown({*os.environ, *dotenv_values(ENV_FILE)})
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = []
        for fault in error.errors(include_input=False, include_url=False, include_context=False):
            name = f"{PREFIX}{'_'.join(str(part).upper() for part in fault['loc'][:2])}: " if fault["loc"] else ""
            lines.append(f"{name}{fault['msg'].removeprefix('Value error, ')}")
        raise BadSettings("\n".join([*lines, "see docs/nightly.md for all settings"])) from None


def _refuse_unknown(given: Iterable[str]) -> None:
    known = set(names())
    for name in sorted(given):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), sorted(known), 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise BadSettings(f"there is no setting {name}{hint}\nsee docs/nightly.md for all settings")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
