"""The last result of everything that is asked: since when echoes are lost, how services did, what is forgotten."""

from __future__ import annotations

from math import inf

import pytest
from endpoint_readings import answered, room
from rows_made import ECHO, LOSSY, NO_ECHO

from phusong.agent.polling.observations import Observations
from phusong.collectors.call_readings import ServiceKind, ServiceState
from phusong.collectors.readings import PingReading

SIP = answered(ServiceKind.SIP_UDP)


class Seen:
    """Observations whose clock the test moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.it = Observations(lambda: self.now, lambda: 1e9 + self.now)


@pytest.fixture
def seen() -> Seen:
    return Seen()


def bursts(seen: Seen, *readings: PingReading) -> tuple[float | None, int]:
    """Note bursts ten seconds apart; return since when they are lost, and how many in a row."""
    for reading in readings:
        seen.now += 10.0
        seen.it.pinged("a", reading)
    return seen.it.lost_since.get("a"), seen.it.lost_bursts.get("a", 0)


@pytest.mark.parametrize(
    ("readings", "since", "lost"),
    [
        ((), None, 0),
        ((ECHO,), None, 0),
        ((ECHO, NO_ECHO), 120.0, 1),
        ((ECHO, NO_ECHO, NO_ECHO, NO_ECHO), 120.0, 3),
        ((ECHO, NO_ECHO, LOSSY), None, 0),
        ((ECHO, NO_ECHO, LOSSY, NO_ECHO), 140.0, 1),
        ((NO_ECHO,), -inf, 1),
        ((NO_ECHO, NO_ECHO), -inf, 2),
        ((NO_ECHO, ECHO, NO_ECHO), 130.0, 1),
    ],
)
def test_lost_since(seen: Seen, readings: tuple[PingReading, ...], since: float | None, lost: int) -> None:
    """Bursts are lost since the first one after an echo; where no echo ever came, since for ever."""
    assert bursts(seen, *readings) == (since, lost)


def test_each_address_by_itself(seen: Seen) -> None:
    """What one address loses says nothing of another."""
    seen.it.pinged("a", ECHO)
    seen.it.pinged("b", ECHO)
    seen.now += 5.0
    seen.it.pinged("a", NO_ECHO)
    assert seen.it.lost_since == {"a": 105.0}


def test_probes(seen: Seen) -> None:
    """How services answered stands until it is asked again; one that did not answer is a result."""
    silent = answered(ServiceKind.H323, ServiceState.SILENT)
    seen.it.probed("e1", (SIP, silent))
    outcome = seen.it.probes["e1"]
    assert (outcome.value, outcome.value_at, outcome.failed_at) == ((SIP, silent), 100.0, None)
    assert outcome.fresh(160.0, 60.0) == (SIP, silent)
    assert outcome.fresh(160.1, 60.0) is None
    assert seen.it.touched == {("probe", "e1")}


def test_the_last_right_answer_of_a_service(seen: Seen) -> None:
    """Wrong answers keep the time of the right one before them."""
    times = []
    for state in (ServiceState.SILENT, ServiceState.READY, ServiceState.ALIVE, ServiceState.READY):
        seen.now += 10.0
        seen.it.service_probed("p", answered(ServiceKind.HTTPS, state))
        times.append(seen.it.services["p"].success_unix)
    assert times == [None, 1e9 + 120.0, 1e9 + 120.0, 1e9 + 140.0]
    assert seen.it.touched == {("service", "p")}


def test_forgetting(seen: Seen) -> None:
    """Whoever is another one now under an old id has no past, and its row is judged again."""
    seen.it.endpoint_answered("x", room())
    seen.it.probed("x", (SIP,))
    seen.it.service_probed("x", SIP)
    seen.it.touched.clear()
    seen.it.forget((), (), ("x",))
    assert seen.it.probes == {}
    assert seen.it.endpoints, "only its services are others"
    seen.it.forget((), ("x",))
    assert seen.it.endpoints == {}
    assert seen.it.services
    seen.it.forget((), (), (), ("x",))
    assert not seen.it.services
    assert seen.it.touched == {("endpoint", "x"), ("probe", "x"), ("service", "x")}
