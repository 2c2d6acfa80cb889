"""Settings: the environment wins over the file, secrets never stand in it, and each mistake is answered by a sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mailbot.config import Config, ConfigError, find, load, load_courses
from mailbot.course import CourseError, Mode
from mailbot.resources import shipped


def settings(folder: Path, text: str, **environment: str) -> Config:
    path = folder / "mailbot.toml"
    path.write_text(text, "utf-8")
    return load(path, environment)


def test_defaults_send_nothing(tmp_path: Path) -> None:
    assert settings(tmp_path, "").bot.mode is Mode.OBSERVE
    assert load(None, {}).imap.tls == "implicit"


def test_the_shipped_settings_file_holds_every_key_with_its_default(tmp_path: Path) -> None:
    import tomllib

    raw = tomllib.loads(shipped("data", "mailbot.toml").read_text("utf-8"))
    config = load(shipped("data", "mailbot.toml"), {})
    for section, defaults in (("imap", config.imap), ("smtp", config.smtp), ("oauth", config.oauth), ("bot", config.bot)):
        wanted = set(type(defaults).model_fields) - {"password", "client_secret", "refresh_token"}
        assert set(raw[section]) == wanted


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    config = settings(tmp_path, '[imap]\nhost = "a.dk"\nport = 1', MAILBOT_IMAP__HOST="b.dk", MAILBOT_BOT__ADMINISTRATORS="x@a.dk, y@a.dk")
    assert (config.imap.host, config.imap.port) == ("b.dk", 1)
    assert config.bot.administrators == ("x@a.dk", "y@a.dk")


def test_secrets_come_from_the_environment_a_file_or_a_command(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-file\n")
    python = sys.executable.replace("\\", "/")
    text = f"""[imap]\npassword_command = '"{python}" -c "print(5)"'"""
    assert settings(tmp_path, text).imap.password.get_secret_value() == "5"
    assert settings(tmp_path, "", MAILBOT_SMTP__PASSWORD_FILE=str(tmp_path / "secret")).smtp.password.get_secret_value() == "from-file"
    config = settings(tmp_path, text, MAILBOT_IMAP__PASSWORD="from-env")
    assert config.imap.password.get_secret_value() == "from-env"
    assert "from-env" not in repr(config)


@pytest.mark.parametrize(
    ("text", "environment", "says"),
    [
        ('[imap]\npassword = "hemmelig"', {}, "password must not stand in the file; put it into the environment as MAILBOT_IMAP__PASSWORD"),
        ('secret_key = "hemmelig"', {}, "secret_key must not stand in the file"),
        ("[imapp]\na = 1", {}, "[imapp] is no section of the settings"),
        ("[bot]\nmood = 1", {}, "bot mood is no setting; check its spelling"),
        ('[bot]\nmode = "sometimes"', {}, "bot mode should be 'observe', 'draft' or 'auto' (found 'sometimes'); it should read like"),
        ("", {"MAILBOT_IMAP__PORT": "imaps"}, "MAILBOT_IMAP__PORT must be a whole number (found 'imaps'); it should read like port = 993"),
        ('[imap]\nhost = "a.dk"\ntls = "none"', {}, 'imap tls = "none" would send the password in the clear to a.dk'),
        ("host = outlook", {}, "invalid value"),
        ("", {"MAILBOT_IMAP__PASSWORD_FILE": "/nowhere/at/all"}, "MAILBOT_IMAP__PASSWORD_FILE names /nowhere/at/all, which cannot be read"),
        ('[imap]\npassword_command = "/nowhere/at/all"', {}, "password_command could not be run or failed"),
    ],
)
def test_a_mistake_is_answered_by_a_sentence_and_never_by_the_secret(
    tmp_path: Path, text: str, environment: dict[str, str], says: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        settings(tmp_path, text, **environment)
    assert says in str(raised.value)
    assert "hemmelig" not in str(raised.value)


def test_the_password_may_travel_in_the_clear_only_on_this_machine(tmp_path: Path) -> None:
    assert settings(tmp_path, '[smtp]\nhost = "127.0.0.1"\ntls = "none"').smtp.tls == "none"


def test_the_settings_file_is_the_one_named_else_here_else_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find(None, {}) is None
    assert find(None, {"MAILBOT_CONFIG": "/etc/mailbot.toml"}) == Path("/etc/mailbot.toml")
    (tmp_path / "mailbot.toml").write_text("")
    assert find(None, {"MAILBOT_CONFIG": "/etc/mailbot.toml"}) == Path("mailbot.toml")
    assert find(Path("other.toml"), {}) == Path("other.toml")


def test_courses_that_are_missing_broken_or_doubled_say_so(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="there is no such course file"):
        load_courses([tmp_path / "none.toml"])
    (tmp_path / "bad.toml").write_bytes('title = "Kæ"'.encode("latin-1"))
    with pytest.raises(CourseError, match="not in UTF-8"):
        load_courses([tmp_path / "bad.toml"])
    with pytest.raises(CourseError, match="give each course its own id"):
        load_courses([shipped("data", "hverdagsledelse-2026.toml")] * 2)
