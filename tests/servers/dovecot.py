"""Debian's Dovecot 2.3 with LMTP, PLAIN and XOAUTH2 (locally signed tokens), in three dresses.

`plain` is as it comes; `exchange` announces what Exchange Online does (no SPECIAL-USE, Danish folder names); `courier` keeps
everything below INBOX with "." between, and neither moves nor knows special folders.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from servers import process

BINARY = process.program("/usr/sbin/dovecot", "/usr/local/sbin/dovecot")
PASSWORD = "secret"
ISSUER = "https://login.example/tenant"

EXCHANGE = "IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+"
COURIER = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE SORT QUOTA IDLE"
POOR = "IMAP4rev1 CHILDREN NAMESPACE"

PROFILES: dict[str, tuple[str, str, str]] = {  # imap_capability, the namespace's separator and prefix, its special folders
    "plain": ("+SPECIAL-USE", "separator = /", """
  mailbox Sent {
    special_use = \\Sent
    auto = subscribe
  }
  mailbox Drafts {
    special_use = \\Drafts
    auto = subscribe
  }
  mailbox Junk {
    special_use = \\Junk
    auto = subscribe
  }"""),
    "exchange": (EXCHANGE, "separator = /", """
  mailbox "Sendt post" {
    auto = subscribe
  }
  mailbox Kladder {
    auto = subscribe
  }
  mailbox "Uønsket mail" {
    auto = subscribe
  }"""),
    "courier": (COURIER, "separator = .\n  prefix = INBOX.", """
  mailbox "Sendte elementer" {
    auto = subscribe
  }
  mailbox Drafts {
    auto = subscribe
  }"""),
    "poor": (POOR, "separator = /", """
  mailbox Sent {
    auto = subscribe
  }
  mailbox Drafts {
    auto = subscribe
  }"""),
}

CONFIGURATION = """\
base_dir = {d}/run
state_dir = {d}/run
log_path = {d}/dovecot.log
instance_name = mailbot-{pid}
protocols = imap lmtp
listen = 127.0.0.1
ssl = {ssl}
{certificate}
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_username_format = %Lu
auth_failure_delay = 0
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_home = {d}/home/%u
mail_location = maildir:~/Maildir
mail_max_userip_connections = 200
mailbox_list_index = yes
maildir_stat_dirs = no
imap_capability = {capability}
protocol imap {{
  imap_logout_format = in=%i out=%o
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {d}/passwd
  mechanisms = plain login
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {d}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={d}/home/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  {separator}{folders}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  service_count = 0
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
  unix_listener lmtp {{
    mode = 0666
  }}
}}
"""

OAUTH = """\
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={d}/keys/
username_attribute = upn
issuers = {issuer}
"""


def missing() -> str:
    """Why it cannot run here, "" if it can."""
    if BINARY is None:
        return "Dovecot is not installed (Debian: dovecot-imapd dovecot-lmtpd)"
    version = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=False).stdout
    if not version.startswith("2.3."):
        return f"the tests' configuration is for Dovecot 2.3, and this is {version.split(' ')[0] or 'unknown'}"
    return ""


class Dovecot:
    """`users` may sign in with PASSWORD; any address may get mail by LMTP."""

    def __init__(self, users: list[str], profile: str = "plain", *, tls: bool = False) -> None:
        self.users, self.profile, self.tls = users, profile, tls
        self.secret = os.urandom(32)

    def __enter__(self) -> Self:
        ordinary = process.Ordinary.find()
        self.dir = d = process.folder("mbd")
        self.port, self.tls_port, self.lmtp_port = process.free_port(), process.free_port(), process.free_port()
        for name in ("run", "home", "keys/mailbot/HS256"):
            (d / name).mkdir(parents=True)
        (d / "passwd").write_text("".join(f"{user}:{{PLAIN}}{PASSWORD}::::::\n" for user in self.users))
        (d / "keys/mailbot/HS256/k1").write_text(base64.b64encode(self.secret).decode())
        (d / "oauth2.conf").write_text(OAUTH.format(d=d, issuer=ISSUER))
        (d / "dovecot.conf").write_text(self._configuration(d, ordinary))
        ordinary.own(d)
        assert BINARY is not None
        self.process = ordinary.start([BINARY, "-F", "-c", str(d / "dovecot.conf")], d)
        process.wait_until_ready(self.process, self.port, b"* OK", self.log)
        return self

    def _configuration(self, d: Path, ordinary: process.Ordinary) -> str:
        capability, separator, folders = PROFILES[self.profile]
        cert = ""
        if self.tls:
            self.certificate, key = process.certificate(d)
            cert = f"ssl_cert = <{self.certificate}\nssl_key = <{key}\nssl_dh ="
        return CONFIGURATION.format(
            d=d, pid=os.getpid(), user=ordinary.name, group=ordinary.group, capability=capability, separator=separator, folders=folders,
            port=self.port, tls_port=self.tls_port if self.tls else 0, lmtp_port=self.lmtp_port, ssl="yes" if self.tls else "no",
            certificate=cert,
        )

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        process.stop(self.process, self.dir)

    def log(self) -> str:
        return "".join(p.read_text("utf-8", "replace") for p in (self.dir / "stdout", self.dir / "dovecot.log") if p.exists())

    def token(self, user: str, seconds: float = 3600, **claims: Any) -> str:
        """An access token for this user as a provider would sign it (RFC 7519, HS256)."""
        now = int(time.time())
        head = _part({"alg": "HS256", "typ": "JWT", "kid": "k1"})
        life = {"iat": now, "nbf": now - 5, "exp": int(now + seconds)}
        body = _part({"iss": ISSUER, "sub": user, "azp": "mailbot", "upn": user, **life, **claims})
        signature = hmac.new(self.secret, head + b"." + body, hashlib.sha256).digest()
        return (head + b"." + body + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()

    def sessions(self) -> list[int]:
        """Process ids of the IMAP sessions (not of the sign-in service)."""
        listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
        rows = [line.split(None, 2) for line in listed.splitlines()]
        return [int(pid) for pid, parent, args in rows if int(parent) == self.process.pid and re.match(r"(dovecot/|\S*/)?imap( |$)", args)]

    def signal(self, number: signal.Signals) -> list[int]:
        """Send this to all IMAP sessions."""
        pids = self.sessions()
        for pid in pids:
            os.kill(pid, number)
        return pids

    def maildir(self, user: str) -> Path:
        return self.dir / "home" / user / "Maildir"


def _part(values: dict[str, Any]) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=")
