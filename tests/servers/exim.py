"""Debian's Exim as a submission server: AUTH PLAIN, LOGIN and XOAUTH2, delivery by LMTP into Dovecot, faults on demand.

A recipient's name chooses a fault (reject550@ defer451@ grey@ d421@ drop@ dropdata@ spam@ full@ slow@ bounce@ laterdefer@);
`fault("defer")` and the like switch one on for everybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from servers import process

BINARY = process.program("/usr/sbin/exim4", "/usr/sbin/exim", "/usr/local/sbin/exim")

CONFIGURATION = r"""
exim_user = {user}
exim_group = {group}
exim_path = {binary}
spool_directory = {d}/spool
log_file_path = {d}/%slog
pid_file_path = {d}/exim.pid
deliver_drop_privilege = true
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
primary_hostname = mx.test
domainlist local_domains = *
host_lookup =
rfc1413_hosts =
helo_allow_chars = _
tls_advertise_hosts =
smtp_accept_max = 100
smtp_accept_max_per_host = ${{if exists{{{d}/ctl/max3}}{{3}}{{50}}}}
message_size_limit = 30M
smtp_enforce_sync = true
prdr_enable = false
queue_run_max = 2
retry_interval_max = 10m
auth_advertise_hosts = *
acl_smtp_mail = acl_mail
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
received_header_text = Received: by $primary_hostname (Exim $version_number) id $message_exim_id; $tod_full
keep_environment =
timezone = UTC

begin acl
acl_mail:
  defer   condition = ${{if exists{{{d}/ctl/drop}}}}
          message = 421 4.3.2 Service not available, closing channel
  defer   condition = ${{if exists{{{d}/ctl/defer}}}}
          message = 432 4.3.2 Concurrent connections limit exceeded
  deny    condition = ${{if exists{{{d}/ctl/sendas}}}}
          message = 554 5.2.252 SendAsDenied; not allowed to send as $sender_address
  accept
acl_rcpt:
  deny    !authenticated = *
          message = 530 5.7.57 Client not authenticated to send mail
  deny    local_parts = reject550
          message = 550 5.1.1 <$local_part@$domain>: Recipient address rejected: User unknown
  defer   local_parts = defer451
          message = 451 4.7.500 Server busy. Please try again later
  warn    local_parts = grey
          ratelimit = 0 / 1h / strict / per_rcpt / grey-$sender_address-$local_part
          set acl_c_seen = $sender_rate
  defer   local_parts = grey
          condition = ${{if <{{${{sg{{$acl_c_seen}}{{\\..*}}{{}}}}}}{{2}}}}
          message = 450 4.2.0 Greylisted, try again
  defer   local_parts = d421
          message = 421 4.4.2 Connection dropped
  drop    local_parts = drop
          message = 554 5.7.0 closing connection now
  accept  local_parts = slow
          delay = 4s
  accept
acl_data:
  defer   condition = ${{if match{{$recipients}}{{dropdata@}}}}
          message = 421 4.4.2 Timeout
  deny    condition = ${{if match{{$recipients}}{{spam@}}}}
          message = 554 5.7.1 Message rejected as spam
  defer   condition = ${{if match{{$recipients}}{{full@}}}}
          message = 452 4.2.2 Mailbox full
  accept

begin routers
bounce:
  driver = redirect
  local_parts = bounce
  allow_fail
  data = :fail: 550 5.1.1 no such user here
park:
  driver = redirect
  local_parts = laterdefer
  allow_defer
  data = :defer: mailbox temporarily unavailable
all:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = dovecot

begin transports
dovecot:
  driver = smtp
  protocol = lmtp
  port = {lmtp_port}
  allow_localhost
  hosts_try_fastopen =

begin retry
* * F,10m,5s

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}{{{password}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if eq{{$auth2}}{{{password}}}}}
  server_set_id = $auth1
xoauth2:
  driver = plaintext
  public_name = XOAUTH2
  server_prompts = :
  server_condition = ${{if match{{$auth1}}{{\N^user=[^\x01]+\x01auth=Bearer {token}\x01\x01$\N}}}}
  server_set_id = xoauth2
"""


def missing() -> str:
    return "" if BINARY else "Exim is not installed (Debian: exim4-daemon-light)"


class Exim:
    """Everybody may sign in with `password`, or with `token` by XOAUTH2."""

    def __init__(self, lmtp_port: int, password: str = "secret", token: str = "tok-1") -> None:
        self.lmtp_port, self.password, self.token = lmtp_port, password, token

    def __enter__(self) -> Self:
        ordinary = process.Ordinary.find()
        self.dir = d = process.folder("mbx")
        (d / "spool").mkdir()
        (d / "ctl").mkdir()
        self.port = process.free_port()
        (d / "exim.conf").write_text(CONFIGURATION.format(
            d=d, user=ordinary.name, group=ordinary.group, binary=BINARY, port=self.port, lmtp_port=self.lmtp_port,
            password=self.password, token=re.escape(self.token),
        ))
        ordinary.own(d)
        assert BINARY is not None
        # -bdf stays in the foreground, -odf delivers at once, -q2s tries again every two seconds
        self.process = ordinary.start([BINARY, "-C", str(d / "exim.conf"), "-bdf", "-odf", "-q2s"], d)
        process.wait_until_ready(self.process, self.port, b"220", self.log)
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        process.stop(self.process, self.dir)

    def log(self) -> str:
        return "".join(p.read_text("utf-8", "replace") for p in (*sorted(self.dir.glob("*log")), self.dir / "stdout") if p.exists())

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        """defer | drop | sendas | max3, for as long as the context lasts."""
        path = self.dir / "ctl" / name
        path.touch()
        try:
            yield
        finally:
            path.unlink()
