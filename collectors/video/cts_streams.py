"""The streams of a call of a Cisco CTS: two tables of CISCO-TELEPRESENCE-CALL-MIB, joined by call and stream type.

ctpcStatStreamTypeTable has the latency by [call, stream type], ctpcStatStreamSourceTable the rest by [call, stream
type, source]: a room with three screens has three sources of video. Loss is in micropercent, of which 1,000,000
are 1 %, frame rates are in millifps, bit rates in kbit/s, jitter and latency in ms. Where an object is there both
for the sample period and for the call as a whole, the period counts: what was wrong an hour ago is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from phusong.collectors.call_readings import Media, StreamReading, Way
from phusong.collectors.interface_row import as_int
from phusong.collectors.snmp.ber import Oid, Value
from phusong.collectors.snmp.walk import WalkLimits

from .inquiry import Inquiry
from .measures import Measures, first_given, is_there

TYPE_ENTRY: Final[Oid] = (1, 3, 6, 1, 4, 1, 9, 9, 644, 1, 4, 9, 1)
SOURCE_ENTRY: Final[Oid] = (1, 3, 6, 1, 4, 1, 9, 9, 644, 1, 4, 10, 1)
LATENCY: Final = (2, 3)
"""ctpcAvgPeriodLatency, ctpcAvgCallLatency."""
JITTER: Final = (22, 23)
"""ctpcAvgPeriodJitter, ctpcAvgCallJitter."""
STREAMS_MOST: Final = 32
"""Of one call, both ways together."""
_LIMITS: Final = WalkLimits(rows=STREAMS_MOST // 2, requests=60, time_s=6.0)

MICROPERCENT_WHOLE: Final = 100_000_000
MILLI: Final = 1000
INACTIVE: Final = 2
"""TruthValue false."""
_MEDIA: Final = {1: Media.VIDEO, 2: Media.AUDIO, 3: Media.CONTENT}
"""CtpcStreamMediaType."""
_CODECS: Final = {
    3: "AAC-LC",
    4: "AAC-LD",
    5: "G.711 A-law",
    6: "G.711 mu-law",
    7: "G.722",
    8: "G.722.1",
    9: "G.728",
    10: "G.729",
    11: "H.263",
    12: "H.264",
    13: "AAC-LD LATM",
    14: "H.265",
}
"""CtpcCodecType."""

Row = Mapping[int, Value]
"""The values of one source by the number of their column."""


class SourceColumns(NamedTuple):
    """The columns of a source for one way; of each pair the first is of the sample period."""

    way: Way
    active: int
    loss: tuple[int, int]
    codec: int
    frame_rate: int
    width: int
    lines: int
    bit_rate: tuple[int, int]


WAYS: Final = (
    SourceColumns(
        Way.RECEIVED, active=10, loss=(14, 15), codec=29, frame_rate=30, width=33, lines=34, bit_rate=(38, 37)
    ),
    SourceColumns(Way.SENT, active=2, loss=(6, 7), codec=27, frame_rate=28, width=31, lines=32, bit_rate=(36, 35)),
)
_SOURCE_COLUMNS: Final = (
    *JITTER,
    *(
        column
        for way in WAYS
        for column in (way.active, *way.loss, way.codec, way.frame_rate, way.width, way.lines, *way.bit_rate)
    ),
)


async def read_streams(call: Oid, inquiry: Inquiry, measures: Measures) -> tuple[StreamReading, ...]:
    """Read the streams of the call with this index."""
    latencies = await _rows_of(TYPE_ENTRY, LATENCY, call, "latency of the streams", inquiry)
    sources = await _rows_of(SOURCE_ENTRY, _SOURCE_COLUMNS, call, "streams", inquiry)
    return streams_of(latencies, sources, measures)


async def _rows_of(
    entry: Oid, columns: Sequence[int], call: Oid, title: str, inquiry: Inquiry
) -> dict[Oid, dict[int, Value]]:
    """Return the rows of a table that belong to a call, by what follows the call in their index."""
    roots = [(*entry, column, *call) for column in columns]
    rows: dict[Oid, dict[int, Value]] = {}
    for column, root, result in zip(columns, roots, await inquiry.walk(title, roots, _LIMITS), strict=True):
        for oid, value in result.rows:
            rows.setdefault(oid[len(root) :], {})[column] = value
    return rows


def streams_of(
    latencies: Mapping[Oid, Row], sources: Mapping[Oid, Row], measures: Measures
) -> tuple[StreamReading, ...]:
    """Join both tables, by their indexes below that of the call: (stream type,) and (stream type, source)."""
    streams: list[StreamReading] = []
    for index in sorted(sources):
        media = _MEDIA.get(index[0]) if len(index) == 2 else None
        if media:
            streams += _of_source(media, sources[index], latencies.get(index[:1], {}), measures)
    measured = {stream.media for stream in streams}
    for index, row in sorted(latencies.items()):
        media = _MEDIA.get(index[0]) if len(index) == 1 else None
        latency_s = _latency_s(row, measures)
        if media and media not in measured and latency_s is not None:
            streams.append(StreamReading(media, Way.RECEIVED, latency_s=latency_s))
    return tuple(streams[:STREAMS_MOST])


def _of_source(media: Media, row: Row, latency: Row, measures: Measures) -> Iterator[StreamReading]:
    """Yield what a source receives and sends; a way that is not active, or says nothing, is left out."""
    for way in WAYS:
        told = [row.get(column) for column in (*way.loss, way.codec, way.frame_rate, way.lines, *way.bit_rate)]
        if as_int(row.get(way.active)) == INACTIVE or not any(map(is_there, told)):
            continue
        received = way.way is Way.RECEIVED
        title = f"{media} {way.way}"
        frame_rate_hz = measures.frame_rate_hz(f"{title}: frame rate", row.get(way.frame_rate), MILLI)
        yield StreamReading(
            media=media,
            way=way.way,
            loss_ratio=measures.ratio(f"{title}: loss", _better(row, way.loss), MICROPERCENT_WHOLE),
            jitter_s=measures.delay_s(f"{title}: jitter", _better(row, JITTER)) if received else None,
            latency_s=_latency_s(latency, measures) if received else None,
            bit_rate_bps=measures.bit_rate_bps(f"{title}: bit rate", _better(row, way.bit_rate)),
            width_px=measures.pixels(f"{title}: width", row.get(way.width)),
            height_px=measures.pixels(f"{title}: lines", row.get(way.lines)),
            frame_rate_hz=None if media is Media.AUDIO else frame_rate_hz,
            codec=_CODECS.get(as_int(row.get(way.codec)) or 0, ""),
        )


def _better(row: Row, columns: tuple[int, int]) -> Value:
    """Return the first of two columns that the agent has."""
    return first_given([row.get(column) for column in columns])


def _latency_s(row: Row, measures: Measures) -> float | None:
    return measures.delay_s("latency", _better(row, LATENCY))
