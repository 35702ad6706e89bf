"""HDX: strings that are empty outside a call, where empty is never 0."""

from __future__ import annotations

from typing import Any

import pytest
import snmp_peers
from snmp_peers import Target
from video_agents import POLYCOM_HDX, hdx, poll_once, stream

from phusong.collectors.call_readings import EndpointReading, Media
from phusong.collectors.snmp import ber
from phusong.collectors.snmp.batch import BatchReader
from phusong.collectors.snmp.client import SnmpClient
from phusong.collectors.snmp.credentials import V2C, Community
from phusong.collectors.video.endpoint_poller import EndpointPoller
from phusong.collectors.video.hdx import end_reason

IN_CALL = {"s2": "203.0.113.9", "s21": "1.25", "s22": "36", "s23": "151"}


def check_call(reading: EndpointReading) -> None:
    assert (reading.profile, reading.vendor, reading.problems) == ("hdx", "Polycom", ())
    assert reading.in_call is True
    (call,) = reading.calls
    everything = stream(call, Media.ALL)
    assert (everything.loss_ratio, everything.jitter_s, everything.latency_s) == (0.0125, 0.036, 0.151)
    assert (call.protocol, call.hd, call.received_lines) == ("h323", None, None)


def test_a_call_has_one_figure_for_sound_and_picture() -> None:
    """Percent and ms as text become the loss, jitter and latency of all that is received."""
    check_call(poll_once(hdx(**IN_CALL)))


def test_outside_a_call_nothing_is_measured() -> None:
    """Empty strings are "no call", not a call without loss."""
    reading = poll_once(hdx())
    assert (reading.in_call, reading.calls, reading.problems) == (False, (), ())
    assert reading.registered is None


def test_the_far_end_is_shown_only_where_somebody_wants_it() -> None:
    """It says who talks with whom."""
    assert poll_once(hdx(**IN_CALL)).calls[0].far_end == ""
    assert poll_once(hdx(**IN_CALL), show_far_end=True).calls[0].far_end == "203.0.113.9"


@pytest.mark.parametrize(
    ("scalars", "in_call"),
    [
        ({"s21": "0.00"}, True),
        ({"s23": "12 ms"}, True),
        ({"s2": "8811"}, None),
        ({"s21": None, "s22": None, "s23": None}, None),
        ({"s21": "n/a", "s22": "", "s23": ""}, None),
        ({"s21": "\0", "s22": " ", "s23": ""}, False),
        ({"s21": 3, "s22": 4, "s23": 5}, True),
    ],
)
def test_only_a_figure_proves_a_call(scalars: dict[str, Any], in_call: bool | None) -> None:
    """A number of the far end may be left of the last call; what is not there says nothing."""
    assert poll_once(hdx(**scalars)).in_call is in_call


def test_a_figure_that_cannot_be_is_told_and_costs_no_other() -> None:
    """250 % is no loss; the jitter beside it is read."""
    reading = poll_once(hdx(s21="250", s22="5", s23="soon"))
    whole = stream(reading.calls[0], Media.ALL)
    assert (whole.loss_ratio, whole.jitter_s, whole.latency_s) == (None, 0.005, None)
    assert reading.problems == ("polycomVSPercentPacketLoss: 250 cannot be", "polycomVSLatency: not a number")


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("16", "normal call clearing (16)"),
        ("17", "user busy (17)"),
        ("250", "cause 250"),
        ("99999999999", "cause 999999"),
        ("The far site is busy", "The far site is busy"),
        ("", ""),
    ],
)
def test_the_cause_of_the_end_is_in_words(cause: str, reason: str) -> None:
    """Numbers are those of Q.850; a text is passed on."""
    assert end_reason(cause) == reason
    assert poll_once(hdx(s3=cause)).last_end_reason == reason


@pytest.mark.skipif(snmp_peers.SNMPD is None, reason="snmpd is not installed")
@pytest.mark.parametrize("scalars", [IN_CALL, {}])
async def test_a_real_agent_that_serves_the_scalars_is_read(scalars: dict[str, str]) -> None:
    """A snmpd with these strings in place of an HDX: in a call and, with the strings empty, outside one."""
    lines = [f"sysObjectID {ber.format_oid(POLYCOM_HDX)}", 'sysDescr "Videoconferencing Device"']
    for oid, (_, value) in hdx(**scalars).items():
        if oid[: len(POLYCOM_HDX)] == POLYCOM_HDX:
            lines.append(f'override {ber.format_oid(oid)} octet_str "{value.decode()}"')
    with snmp_peers.running_snmpd("\n".join(lines) + "\n") as running, SnmpClient() as client:
        target = Target(("127.0.0.1", running.port), Community(V2C, b"public"))
        poller = EndpointPoller(client, BatchReader(client, target), "auto", lambda: 0.0)
        reading = await poller.poll()
    if scalars:
        check_call(reading)
    else:
        assert (reading.profile, reading.in_call, reading.calls, reading.problems) == ("hdx", False, (), ())
