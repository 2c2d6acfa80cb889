"""The administrator's desk on the embedded server, and on Dovecot with Exim."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers.dovecot import Dovecot
from servers.person import Person

from app.desk import Desk, embedded_desk, make_busy


@pytest.fixture(params=["embedded", "dovecot"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, new_person: Callable[[Dovecot], Person]) -> Iterator[Desk]:
    """Three seats; on the embedded server, and on Dovecot with Exim."""
    if request.param == "embedded":
        desk = embedded_desk(request.getfixturevalue("embedded"), tmp_path, capacity=3)
    else:
        exim = request.getfixturevalue("exim")
        desk = Desk(new_person(request.getfixturevalue("dovecot")), exim.port, tmp_path, capacity=3)
    yield desk
    desk.close()


@pytest.fixture
def busy(desk: Desk) -> Desk:
    return make_busy(desk)
