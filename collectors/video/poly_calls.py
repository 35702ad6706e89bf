"""The calls of a Poly endpoint: callActiveCallsTable of POLYCOM-ENDPOINT-MIB, which exists only in a call.

The MIB gives no units. They are taken to be percent for loss, milliseconds for jitter and latency, kbit/s for
rates and frames a second for frame rates; what cannot be in these units is dropped and told. Of a pair of columns
the first is what the endpoint receives (RX), the next one what it sends (TX).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from phusong.collectors.call_readings import CallReading, Media, StreamReading, Way
from phusong.collectors.interface_row import as_int
from phusong.collectors.snmp.ber import Oid, Value

from .measures import Measures, is_there

ENTRY: Final[Oid] = (1, 3, 6, 1, 4, 1, 13885, 101, 1, 4, 1, 1)
CALL_INDEX: Final[Oid] = (*ENTRY, 1)
CALLS_MOST: Final = 16

TOTAL_PACKETS_LOST, FAR_SITE_NAME, CALL_TYPE, ENCRYPTION = 14, 58, 60, 61

Row = Mapping[int, Value]
"""The values of one call by the number of their column."""


class StreamColumns(NamedTuple):
    """The columns of a stream, received; 0 where there is none. Those of the same stream sent are one higher."""

    media: Media
    loss: int
    jitter: int
    latency: int
    codec: int = 0
    resolution: int = 0
    frame_rate: int = 0
    rate_used: int = 0

    @property
    def numbers(self) -> tuple[int, ...]:
        """All its columns."""
        return tuple(column for column in self[1:] if isinstance(column, int) and column)


STREAMS: Final = (
    StreamColumns(Media.ALL, loss=16, latency=18, jitter=20),
    StreamColumns(Media.AUDIO, jitter=4, latency=6, loss=8, codec=10),
    StreamColumns(
        Media.VIDEO, resolution=42, frame_rate=44, jitter=46, latency=48, loss=50, codec=52, rate_used=56
    ),
    StreamColumns(
        Media.CONTENT, resolution=22, frame_rate=24, jitter=26, latency=28, loss=30, codec=32, rate_used=36
    ),
)
_PARTS: Final = STREAMS[1:]
_OFFSETS: Final = ((Way.RECEIVED, 0), (Way.SENT, 1))
_CLEAR: Final = frozenset(
    {"no", "false", "none", "off", "disabled", "inactive", "clear", "unencrypted", "not encrypted"}
)


def columns_of(*, show_far_end: bool) -> tuple[int, ...]:
    """Return the numbers of the columns to ask for; who the other side is only where that is shown."""
    streams = [column + offset for stream in STREAMS for column in stream.numbers for _, offset in _OFFSETS]
    far_end = (FAR_SITE_NAME,) if show_far_end else ()
    return (*streams, TOTAL_PACKETS_LOST, TOTAL_PACKETS_LOST + 1, CALL_TYPE, ENCRYPTION, *far_end)


def call_of(row: Row, measures: Measures) -> CallReading:
    """Return what one row of the table says."""
    streams = []
    for way, offset in _OFFSETS:
        counted = loss_is_counted(row, offset)
        if counted:
            measures.doubt(f"loss of the streams {way} is in packets, not in percent: left out")
        streams += [stream_of(row, columns, way, measures, loss_counted=counted) for columns in STREAMS]
    return CallReading(
        protocol=protocol_of(measures.word(row.get(CALL_TYPE))),
        far_end=measures.text(row.get(FAR_SITE_NAME)),
        encrypted=encryption_of(measures.text(row.get(ENCRYPTION))),
        streams=tuple(stream for stream in streams if stream),
    )


def stream_of(
    row: Row, columns: StreamColumns, way: Way, measures: Measures, *, loss_counted: bool
) -> StreamReading | None:
    """Return one stream; ``None`` when all its columns are empty or 0: the call has none of the kind."""
    offset = way is Way.SENT

    def value(column: int) -> Value:
        return row.get(column + offset) if column else None

    title = f"{columns.media} {way}"
    width, lines = measures.resolution(f"{title}: resolution", value(columns.resolution))
    codec = measures.word(value(columns.codec))
    figures = [value(column) for column in (columns.loss, columns.jitter, columns.latency)]
    flows = codec or lines or as_int(value(columns.rate_used)) or any(map(as_int, figures))
    if not flows and not (columns.media is Media.ALL and any(map(is_there, figures))):
        return None
    loss = None if loss_counted and columns.media is not Media.ALL else value(columns.loss)
    return StreamReading(
        media=columns.media,
        way=way,
        loss_ratio=measures.ratio(f"{title}: loss", loss, 100),
        jitter_s=measures.delay_s(f"{title}: jitter", value(columns.jitter)),
        latency_s=measures.delay_s(f"{title}: latency", value(columns.latency)),
        bit_rate_bps=measures.bit_rate_bps(f"{title}: rate", value(columns.rate_used)),
        width_px=width,
        height_px=lines,
        frame_rate_hz=measures.frame_rate_hz(f"{title}: frame rate", value(columns.frame_rate)),
        codec=codec,
    )


def loss_is_counted(row: Row, offset: int) -> bool:
    """Tell whether the loss of the streams is in packets: it then adds up to the packets lost in the whole call.

    The MIB has both "percentage packets lost" and "total packets lost" of a call, and leaves open which of them
    the "packet loss" of a stream is.
    """
    total = as_int(row.get(TOTAL_PACKETS_LOST + offset))
    lost = [as_int(row.get(columns.loss + offset)) or 0 for columns in _PARTS]
    return bool(total) and sum(lost) == total


def protocol_of(call_type: str) -> str:
    """Return ``sip`` or ``h323``, else the endpoint's own word in small letters."""
    word = call_type.casefold()
    if "sip" in word:
        return "sip"
    return "h323" if "323" in word else word


def encryption_of(algorithm: str) -> bool | None:
    """Tell whether a call is encrypted by the name of the algorithm; ``None`` when nothing is said."""
    word = algorithm.casefold().strip("-")
    if word in ("", "unknown", "n/a"):
        return None
    return word not in _CLEAR
