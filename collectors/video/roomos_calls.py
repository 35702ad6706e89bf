"""The calls of a Cisco TC, CE or RoomOS codec and their media channels, as plain values. Pure: no clock, no I/O.

Three layouts are read: ``MediaChannels/Call/Channel`` of TC7 and later, the same below ``Call``, and
``IncomingVideoChannel`` and its like of the first TC releases, with counters in ``Diagnostics/Call/Channels``.
Rates are kbit/s there, jitter is ms (RFC 3550), duration s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from phusong.collectors.call_readings import CallReading, Media, StreamReading, Way

from .roomos_status import Documents, Location, read_number
from .roomos_xml import Element

MOST_CALLS: Final = 16
MOST_CHANNELS: Final = 64
"""Of one call; more are left out."""
LONGEST_WORD: Final = 32
"""Of the name of a protocol or codec."""
YOUNG_S: Final = 60.0
"""Up to this age the loss since a call began is as good as that of now."""
UP: Final = frozenset({"connected", "onhold", "preserved", "remotepreserved"})
"""States in which a call is up; dialling, ringing and disconnecting are not."""
_OLD_CHANNEL = re.compile(r"(Incoming|Outgoing)(Audio|Video)Channel")
_WAYS: Final = {"incoming": Way.RECEIVED, "outgoing": Way.SENT}
_COUNT = re.compile(r"-?[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class PacketCounters:
    """Packets of a channel since its start: lost ones, and those received or sent."""

    lost: int
    """Duplicates make it negative (RFC 3550, section 6.4.1); that is 0 here."""
    packets: int


@dataclass(frozen=True, slots=True)
class Channel:
    """One media channel; its stream has no loss yet, for that depends on the earlier counters."""

    channel_id: str
    stream: StreamReading
    counters: PacketCounters | None


@dataclass(frozen=True, slots=True)
class CallStatus:
    """One call that is up, as the codec numbers it; the streams are in the channels."""

    call_id: str
    call: CallReading
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class CallCounters:
    """What is kept of a call until the next poll."""

    duration_s: float | None
    by_channel: Mapping[str, PacketCounters]


EarlierCounters = Mapping[str, CallCounters]
"""The counters of an earlier poll by call."""


# --- calls ---------------------------------------------------------------------------------------------------


def read_calls(documents: Documents, *, show_far_end: bool = False) -> tuple[CallStatus, ...]:
    """Return the calls that are up.

    Where the location of calls was not read, those that have media channels stand for them.
    """
    rows = _call_rows(documents)
    media = _media_rows(documents)
    up = [name for name, row in rows.items() if _is_up(row)]
    names = up if Location.CALL in documents else list(media)
    return tuple(
        _read_call(name, rows.get(name, Element("Call")), media.get(name, []), show_far_end)
        for name in names[:MOST_CALLS]
    )


def in_call(documents: Documents) -> bool | None:
    """Tell whether a call is up; ``None`` when nothing that was read says so."""
    if Location.CALL in documents:
        return any(_is_up(row) for row in _call_rows(documents).values())
    return True if _media_rows(documents) else None


def _call_rows(documents: Documents) -> dict[str, Element]:
    document = documents.get(Location.CALL)
    return {} if document is None else {_name(row): row for row in document.rows("Call")}


def _is_up(row: Element) -> bool:
    status = row.value("Status").lower()
    if status or not row.children:
        return status in UP
    return row.value("AnswerState").lower() != "unanswered"


def _media_rows(documents: Documents) -> dict[str, list[Element]]:
    """Return the elements below which each call's channels stand, in all layouts."""
    places = (
        (Location.MEDIA_CHANNELS, ("MediaChannels", "Call"), ()),
        (Location.CALL, ("Call",), ("MediaChannels",)),
        (Location.DIAGNOSTICS, ("Diagnostics", "Call"), ("Channels",)),
    )
    found: dict[str, list[Element]] = {}
    for location, path, below in places:
        if (document := documents.get(location)) is not None:
            for call in document.rows(*path):
                found.setdefault(_name(call), []).extend(call.rows(*below) if below else [call])
    return {name: rows for name, rows in found.items() if rows}


def _read_call(name: str, row: Element, media: Iterable[Element], show_far_end: bool) -> CallStatus:
    receive, transmit = _kbps(row.value("ReceiveCallRate")), _kbps(row.value("TransmitCallRate"))
    both = _kbps(row.value("CallRate"))  # releases before these two
    encryption = row.value("Encryption", "Type").lower()
    direction = row.value("Direction").lower()
    far_end = row.value("DisplayName") or row.value("RemoteNumber") or row.value("CallbackNumber")
    call = CallReading(
        direction=direction if direction in _WAYS else "",
        protocol=row.value("Protocol").lower().replace(".", "")[:LONGEST_WORD],
        far_end=far_end if show_far_end else "",
        duration_s=read_number(row.value("Duration")),
        receive_bps=both if receive is None else receive,
        transmit_bps=both if transmit is None else transmit,
        encrypted=encryption not in ("none", "off") if encryption else None,
    )
    return CallStatus(name, call, tuple(_read_channels(media, call))[:MOST_CHANNELS])


# --- channels ------------------------------------------------------------------------------------------------


def _read_channels(media: Iterable[Element], call: CallReading) -> Iterator[Channel]:
    """Yield the audio and video channels; what two documents say of one channel is put together."""
    parts: dict[tuple[str, Way, str], list[Element]] = {}
    for element in media:
        for child in element.children:
            if (kind := _kind_of(child)) is not None:
                parts.setdefault((*kind, _name(child)), []).append(child)
    for (carries, way, channel_id), elements in parts.items():
        whole = replace(elements[0], children=tuple(child for part in elements for child in part.children))
        yield _read_channel(whole, carries, way, channel_id, call)


def _kind_of(element: Element) -> tuple[str, Way] | None:
    """Return what a channel carries and which way; ``None`` for all that is not a channel, and for data."""
    if old := _OLD_CHANNEL.fullmatch(element.name):
        return old[2].lower(), _WAYS[old[1].lower()]
    carries, way = element.value("Type").lower(), _WAYS.get(element.value("Direction").lower())
    if element.name != "Channel" or carries not in ("audio", "video") or way is None:
        return None
    return carries, way


def _read_channel(row: Element, carries: str, way: Way, channel_id: str, call: CallReading) -> Channel:
    details = next(row.rows(carries.capitalize()), row)  # the first releases have them in the channel itself
    jitter_ms = read_number(row.value("Netstat", "Jitter"))
    if jitter_ms is None:
        jitter_ms = read_number(row.value("Netstat", "MaxJitter"))
    stream = StreamReading(
        media=_media(carries, details),
        way=way,
        jitter_s=None if jitter_ms is None else jitter_ms / 1000.0,
        bit_rate_bps=_channel_bps(row.value("Netstat", "ChannelRate"), way, call),
        width_px=_pixels(details.value("ResolutionX")),
        height_px=_pixels(details.value("ResolutionY")),
        frame_rate_hz=read_number(details.value("FrameRate")) if carries == "video" else None,
        codec=details.value("Protocol")[:LONGEST_WORD],
    )
    return Channel(f"{carries}/{way}/{channel_id}", stream, _counters(row))


def _counters(row: Element) -> PacketCounters | None:
    lost, packets = row.value("Netstat", "Loss"), row.value("Netstat", "Packets")
    if not _COUNT.fullmatch(lost) or not _COUNT.fullmatch(packets):
        return None
    return PacketCounters(max(0, int(lost)), max(0, int(packets)))


def _media(carries: str, details: Element) -> Media:
    if carries == "audio":
        return Media.AUDIO
    return Media.CONTENT if details.value("ChannelRole").lower() == "presentation" else Media.VIDEO


def _channel_bps(text: str, way: Way, call: CallReading) -> float | None:
    """Return a channel's rate in bit/s.

    The guides give no unit. It is taken as kbit/s like the call's; what would be more than twice the whole call
    can only be bit/s.
    """
    rate = read_number(text)
    if rate is None:
        return None
    whole = call.receive_bps if way is Way.RECEIVED else call.transmit_bps
    return rate if whole and rate * 1000.0 > 2.0 * whole else rate * 1000.0


# --- loss ----------------------------------------------------------------------------------------------------


def with_loss(call: CallStatus, earlier: EarlierCounters | None) -> CallReading:
    """Return a call with its streams and their loss since the earlier poll.

    A call that the earlier poll did not have, or that took another one's number, has the loss since it began as
    long as it is young: later that would tell of a bad minute long ago as if it were now, so it has no figure. Nor
    has a channel that the earlier poll did not have, or one whose counters fell.
    """
    before = (earlier or {}).get(call.call_id)
    if before is not None and _began_anew(call.call.duration_s, before.duration_s):
        before = None
    streams = (replace(channel.stream, loss_ratio=_loss_of(channel, call, before)) for channel in call.channels)
    return replace(call.call, streams=tuple(streams))


def counters_of(calls: Iterable[CallStatus]) -> EarlierCounters:
    """Return what is to be kept for the next poll."""
    return {
        call.call_id: CallCounters(
            call.call.duration_s,
            {channel.channel_id: channel.counters for channel in call.channels if channel.counters is not None},
        )
        for call in calls
    }


def loss_ratio(now: PacketCounters, before: PacketCounters | None = None) -> float | None:
    """Return lost / (lost + packets) between two readings, or since the start; ``None`` when it cannot be told.

    That is so without any packet, and when a counter fell.
    """
    lost = now.lost - (before.lost if before else 0)
    packets = now.packets - (before.packets if before else 0)
    if lost < 0 or packets < 0 or lost + packets == 0:
        return None
    return lost / (lost + packets)


def _loss_of(channel: Channel, call: CallStatus, before: CallCounters | None) -> float | None:
    if channel.counters is None:
        return None
    if before is None:
        duration_s = call.call.duration_s
        return loss_ratio(channel.counters) if duration_s is not None and duration_s <= YOUNG_S else None
    earlier = before.by_channel.get(channel.channel_id)
    return None if earlier is None else loss_ratio(channel.counters, earlier)


def _began_anew(duration_s: float | None, earlier_s: float | None) -> bool:
    return duration_s is not None and earlier_s is not None and duration_s < earlier_s


def _name(row: Element) -> str:
    return row.attribute("item")


def _kbps(text: str) -> float | None:
    rate = read_number(text)
    return None if rate is None else rate * 1000.0


def _pixels(text: str) -> int | None:
    """Return a length in pixels; 0 stands for a picture that has not come yet."""
    return int(read_number(text) or 0.0) or None
