"""What the status page says of meetings and of services that are not well; called by ``status_page``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from html import escape

from phusong.collectors.call_readings import CallReading, ServiceState
from phusong.exporters.snapshot import EndpointRow, MeetingRow, ServiceRow, ServiceVerdict, Snapshot
from phusong.exporters.status_words import Words

MEETINGS_SHOWN = 3
ORDER = (
    ServiceVerdict.DOWN,
    ServiceVerdict.SLOW,
    ServiceVerdict.UNKNOWN,
    ServiceVerdict.MAINTENANCE,
    ServiceVerdict.UP,
)
"""The worst first."""

Moment = Callable[[float], str]
"""Writes a Unix time in the province's time."""


def meetings(snapshot: Snapshot, words: Words, moment: Moment) -> str:
    """Return a line on each of the next meetings, as HTML."""
    return "".join(
        f'<p class="soft">{escape(_meeting(row, words, moment))}</p>' for row in snapshot.meetings[:MEETINGS_SHOWN]
    )


def _meeting(row: MeetingRow, words: Words, moment: Moment) -> str:
    return words.meeting.format(
        title=row.title, begin=moment(row.begin), count=row.endpoints, not_ready=row.not_ready
    )


def services_not_well(rows: Iterable[ServiceRow]) -> list[ServiceRow]:
    """Return the services that somebody should look at, the worst and the longest first."""
    wrong = [row for row in rows if row.verdict is not ServiceVerdict.UP]
    return sorted(wrong, key=lambda row: (ORDER.index(row.verdict), row.since or float("inf")))


def problem_of(row: ServiceRow, words: Words) -> str:
    """Return why a service is not well, for people."""
    reading = row.reading
    if reading is None:
        return ""
    if reading.state is ServiceState.READY:
        slow = row.verdict is ServiceVerdict.SLOW and reading.latency_s is not None
        return words.slow.format(seconds=f"{reading.latency_s:.1f}") if slow else ""
    said = words.service_states[reading.state].format(code="" if reading.code is None else reading.code)
    certificate = reading.certificate
    return f"{said} {certificate.problem}" if certificate and certificate.problem else said


def call_problem(row: EndpointRow, words: Words) -> str:
    """Return what is wrong with the call that an endpoint is in: where, and by which figures."""
    if row.fault is None or row.reading is None:
        return ""
    figures = ", ".join(_figures(row.reading.calls, words))
    return f"{words.call_faults[row.fault]} {figures}".strip()


def _figures(calls: Iterable[CallReading], words: Words) -> Iterator[str]:
    """Yield the worst figures of these calls."""
    known = list(calls)
    loss = _worst(call.loss_ratio for call in known)
    jitter, latency = _worst(call.jitter_s for call in known), _worst(call.latency_s for call in known)
    if loss is not None:
        yield words.call_loss.format(percent=f"{loss * 100:.1f}")
    if jitter is not None:
        yield words.call_jitter.format(ms=f"{jitter * 1000:.0f}")
    if latency is not None:
        yield words.call_latency.format(ms=f"{latency * 1000:.0f}")


def _worst(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
