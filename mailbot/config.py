"""Settings: `mailbot.toml`, overridden by the environment, with secrets from the environment, a file or a command.

`load` reads and validates everything at the start, and again where a sign-in is refused; nothing else in the program looks at
the environment. Every mistake becomes one sentence that names the file or variable, the key, what is wrong and an example of right.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import tomllib
from collections.abc import Iterable, Mapping
from datetime import time
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError

from mailbot.course import Course, CourseError, Mode, plain_error, validate_course
from mailbot.resources import shipped

PREFIX = "MAILBOT_"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ConfigError(ValueError):
    """Settings that cannot be used; the text says where, what is wrong and how to mend it."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


Tls = Literal["implicit", "starttls", "none"]


class Imap(_Section):
    host: str = ""
    port: int = Field(default=993, ge=1, le=65535)
    tls: Tls = "implicit"
    user: str = ""
    mailbox: str = "INBOX"
    also: tuple[str, ...] = ()
    sent: str = ""
    drafts: str = ""
    junk: str = ""
    webmail: str = ""              # where a message is shown on the web, with {message_id} in it
    auth: Literal["password", "oauth2"] = "password"
    password: SecretStr | None = None


class Smtp(_Section):
    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    tls: Tls = "starttls"
    user: str = ""                 # "" = the same as for IMAP
    per_minute: int = Field(default=25, ge=1)
    password: SecretStr | None = None


class OAuth(_Section):
    provider: Literal["microsoft", "google"] = "microsoft"
    tenant: str = ""
    client_id: str = ""
    flow: Literal["client_credentials", "device_code", "refresh_token", "service_account"] = "client_credentials"
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    service_account: str = ""      # path of the JSON key that Google gives
    authority: str = ""            # "" = the provider's own
    token_cache: str = "data/tokens.json"  # noqa: S105 - a path


class Bot(_Section):
    database: str = "data/mailbot.db"
    courses: tuple[str, ...] = ()
    templates: str = ""            # "" = the shipped ones
    administrators: tuple[str, ...] = ()
    mode: Mode = Mode.OBSERVE
    digest_at: time = time(7, 30)
    after_handling: str = Field(default="leave", pattern=r"^(leave|flag|answered|move:.+)$")
    trusted_authserv: tuple[str, ...] = ()
    sweep_days: int = Field(default=7, ge=1, le=60)
    idle_minutes: int = Field(default=4, ge=1, le=28)
    backup_to: str = ""
    backup_days: int = Field(default=30, ge=1)
    ping_url: str = Field(default="", pattern=r"^(https?://.+)?$")


class Config(_Section):
    """All settings. Paths are absolute or relative to `folder`, where the file lies."""

    imap: Imap = Imap()
    smtp: Smtp = Smtp()
    oauth: OAuth = OAuth()
    bot: Bot = Bot()
    secret_key: SecretStr | None = None
    folder: Path = Path()
    file: Path | None = None       # where they stand; None where they come from the environment alone
    _environment: Mapping[str, str] | None = PrivateAttr(None)

    def again(self) -> Config:
        """The settings as they stand now, with secrets that were renewed in their file or by their command. Raises ConfigError."""
        return self if self._environment is None else load(self.file, self._environment)

    def path(self, name: str) -> Path:
        return (self.folder / Path(name).expanduser()).resolve()

    @property
    def database(self) -> Path:
        return self.path(self.bot.database)

    @property
    def templates(self) -> Path | None:
        return self.path(self.bot.templates) if self.bot.templates else None

    @property
    def original(self) -> str:
        """Where the digest's links to messages lead, with `{message_id}` in it; "" where that is not known."""
        google = self.imap.host.endswith(("gmail.com", "googlemail.com"))
        return self.imap.webmail or ("https://mail.google.com/mail/#search/rfc822msgid:{message_id}" if google else "")

    @property
    def signing_key(self) -> bytes | None:
        """What MAILBOT_SECRET_KEY says, as 32 bytes; None where it is not set and the database's own secret is used."""
        return hashlib.sha256(self.secret_key.get_secret_value().encode()).digest() if self.secret_key else None

    @property
    def on_microsoft(self) -> bool:
        return self.imap.host.endswith(("office365.com", "outlook.com"))

    @property
    def provider_files_sent(self) -> bool:
        """Microsoft and Google lay a copy of what they send into Sent; other servers leave that to the mail program."""
        return self.smtp.host.endswith(("office365.com", "outlook.com", "smtp.gmail.com", "smtp.googlemail.com"))


SECRETS = (("imap", "password"), ("smtp", "password"), ("oauth", "client_secret"), ("oauth", "refresh_token"), ("", "secret_key"))
EXAMPLES: Mapping[str, str] = {
    "host": 'host = "outlook.office365.com"',
    "port": "port = 993",
    "tls": 'tls = "implicit" (or "starttls"; "none" only on this machine)',
    "auth": 'auth = "oauth2" (or "password")',
    "mode": 'mode = "observe" (or "draft" or "auto")',
    "digest_at": "digest_at = 07:30:00",
    "courses": 'courses = ["data/hverdagsledelse-2026.toml"]',
    "administrators": 'administrators = ["lv@fremtidensbiblioteker.dk"]',
    "after_handling": 'after_handling = "leave" (or "flag", "answered", "move:Tilmeldinger")',
    "trusted_authserv": 'trusted_authserv = ["mx.fremtidensbiblioteker.dk"]',
    "per_minute": "per_minute = 25",
}


def find(explicit: Path | None, environment: Mapping[str, str] = os.environ) -> Path | None:
    """The settings file: as given, else `mailbot.toml` here, else `MAILBOT_CONFIG`; None where there is none."""
    if explicit is not None:
        return explicit
    here = Path("mailbot.toml")
    if here.exists():
        return here
    named = environment.get(f"{PREFIX}CONFIG", "")
    return Path(named) if named else None


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Config:
    """Settings from `path` (None: defaults and environment only). Raises ConfigError."""
    raw = _parse_toml(path, "settings file") if path else {}
    source = str(path) if path else "the environment"
    for key in raw:
        if key not in Config.model_fields or key in ("folder", "file"):
            raise ConfigError(f"{source}: [{key}] is no section of the settings; known are [imap], [smtp], [oauth] and [bot]")
    _refuse_secrets_in_the_clear(raw, source)
    commands = _take_commands(raw)
    names = _overlay_environment(raw, environment)
    for section, key in SECRETS:
        value = _secret(section, key, environment, commands)
        if value is not None:
            (raw.setdefault(section, {}) if section else raw)[key] = value
    raw |= {"folder": (path.parent if path else Path()).resolve(), "file": path.resolve() if path else None}
    try:
        config = Config.model_validate(raw)
    except ValidationError as problem:
        raise ConfigError("\n".join(_sentence(error, source, names) for error in problem.errors())) from problem
    config._environment = environment
    servers: tuple[tuple[str, Imap | Smtp], ...] = (("imap", config.imap), ("smtp", config.smtp))
    for name, server in servers:
        if server.tls == "none" and server.host not in LOOPBACK | {""}:
            raise ConfigError(f'{source}: {name} tls = "none" would send the password in the clear to {server.host}; '
                              'use tls = "implicit" or "starttls" ("none" is for this machine only)')
    return config


def load_courses(paths: Iterable[Path]) -> tuple[Course, ...]:
    """The courses of these files, in order. Raises CourseError; two files must not hold the same course."""
    courses: dict[str, tuple[Course, Path]] = {}
    for path in paths:
        try:
            raw = _parse_toml(path, "course file")
        except ConfigError as problem:
            raise CourseError(str(problem)) from problem
        course = validate_course(raw, str(path))
        if course.id in courses:
            raise CourseError(f"{path}: id {course.id!r} is taken by {courses[course.id][1]}; give each course its own id")
        courses[course.id] = (course, path)
    return tuple(course for course, _ in courses.values())


def shipped_courses() -> tuple[Course, ...]:
    """The course that comes with the program: what `parse` reads by, where nothing else is said."""
    return load_courses([shipped("data", "hverdagsledelse-2026.toml")])


def _parse_toml(path: Path, what: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as problem:
        raise ConfigError(f"{path}: there is no such {what}; check the name, or let `mailbot init` write one") from problem
    except OSError as problem:
        raise ConfigError(f"{path}: this {what} cannot be read ({problem.strerror}); check who may read it") from problem
    except UnicodeDecodeError as problem:
        raise ConfigError(f"{path}: this {what} is not in UTF-8; save it again with the encoding UTF-8") from problem
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError(f"{path}: {str(problem)[0].lower()}{str(problem)[1:]}; text stands in quotes (title = \"…\"), "
                          "dates do not (date = 2026-06-11)") from problem


def _refuse_secrets_in_the_clear(raw: Mapping[str, Any], source: str) -> None:
    for section, key in SECRETS:
        if key in (raw.get(section, {}) if section else raw):
            variable = _variable(section, key)
            raise ConfigError(f"{source}: {key} must not stand in the file; put it into the environment as {variable}, into a file "
                              f'named by {variable}_FILE, or name a command that prints it: {key}_command = "…"')


def _take_commands(raw: dict[str, Any]) -> dict[tuple[str, str], str]:
    """`password_command = "…"` and the like, taken out of the settings."""
    commands: dict[tuple[str, str], str] = {}
    for section, key in SECRETS:
        table = raw.get(section, {}) if section else raw
        if isinstance(table, dict) and f"{key}_command" in table:
            commands[section, key] = str(table.pop(f"{key}_command"))
    return commands


def _variable(section: str, key: str) -> str:
    return PREFIX + (f"{section}__{key}" if section else key).upper()


def _overlay_environment(raw: dict[str, Any], environment: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Put MAILBOT_IMAP__HOST and the like on top of the file; lists are separated by commas. Returns which were used."""
    used: dict[tuple[str, str], str] = {}
    sections: tuple[tuple[str, type[BaseModel]], ...] = (("imap", Imap), ("smtp", Smtp), ("oauth", OAuth), ("bot", Bot))
    for section, model in sections:
        for key, field in model.model_fields.items():
            name = _variable(section, key)
            if (section, key) in SECRETS or name not in environment:
                continue
            value: Any = environment[name]
            if field.annotation == tuple[str, ...]:
                value = tuple(part.strip() for part in value.split(",") if part.strip())
            table = raw.setdefault(section, {})
            if isinstance(table, dict):
                table[key] = value
            used[section, key] = name
    return used


def _secret(section: str, key: str, environment: Mapping[str, str], commands: Mapping[tuple[str, str], str]) -> str | None:
    name = _variable(section, key)
    if name in environment:
        return environment[name]
    if f"{name}_FILE" in environment:
        path = Path(environment[f"{name}_FILE"])
        try:
            return path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as problem:
            raise ConfigError(f"{name}_FILE names {path}, which cannot be read; check the path and who may read it") from problem
    command = commands.get((section, key))
    if command is None:
        return None
    try:
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=30, check=True)  # noqa: S603 - the owner's own command
    except (OSError, ValueError, subprocess.SubprocessError) as problem:
        raise ConfigError(f"{key}_command could not be run or failed; try it in a terminal: {command}") from problem
    return done.stdout.strip()


def _sentence(error: Any, source: str, names: Mapping[tuple[str, str], str]) -> str:
    path = tuple(str(step) for step in error["loc"])
    where = names.get((path[0], path[1])) if len(path) > 1 else None
    label = where or f"{source}: " + " ".join(path)
    if error["type"] == "extra_forbidden":
        return f"{label} is no setting; check its spelling or remove the line"
    example = EXAMPLES.get(path[1] if len(path) > 1 else path[0], "")
    return f"{label} {plain_error(error)}" + (f"; it should read like {example}" if example else "")
