"""What video endpoints and services answered, as plain values in base units; ``None`` is "it does not say".

Every vendor counts in units of its own (micropercent, millifps, strings): by the time a value stands here it has
the unit that its name says. Outside ``collectors`` only this module and ``readings`` are known of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .readings import SystemReading

HD_LINES = 720
"""A picture of at least so many lines is HD."""


class Media(StrEnum):
    """What a stream carries."""

    AUDIO = "audio"
    VIDEO = "video"
    CONTENT = "content"
    """A second picture, such as slides."""
    ALL = "all"
    """All together: some endpoints give one figure for the whole call."""


class Way(StrEnum):
    """Which way a stream goes, as the endpoint sees it."""

    RECEIVED = "received"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class StreamReading:
    """One media stream of a call."""

    media: Media
    way: Way
    loss_ratio: float | None = None
    """Lost share of the packets, 0 to 1."""
    jitter_s: float | None = None
    latency_s: float | None = None
    bit_rate_bps: float | None = None
    width_px: int | None = None
    height_px: int | None = None
    """Lines of the picture: 720 in 1280 x 720."""
    frame_rate_hz: float | None = None
    codec: str = ""


@dataclass(frozen=True, slots=True)
class CallReading:
    """A call that is up now."""

    direction: str = ""
    """``incoming`` or ``outgoing``, empty when it is not said."""
    protocol: str = ""
    """``sip`` or ``h323``, else the endpoint's own word in small letters."""
    far_end: str = ""
    """Name or number of the other side. It says who talks with whom: empty unless somebody wants it shown."""
    duration_s: float | None = None
    receive_bps: float | None = None
    """The rate of the whole call."""
    transmit_bps: float | None = None
    encrypted: bool | None = None
    streams: tuple[StreamReading, ...] = ()

    @property
    def loss_ratio(self) -> float | None:
        """The worst loss among the received streams."""
        return _worst(stream.loss_ratio for stream in self._received)

    @property
    def jitter_s(self) -> float | None:
        """The worst jitter among the received streams."""
        return _worst(stream.jitter_s for stream in self._received)

    @property
    def latency_s(self) -> float | None:
        """The worst latency among the received streams."""
        return _worst(stream.latency_s for stream in self._received)

    @property
    def received_lines(self) -> int | None:
        """Lines of the largest main picture received; ``None`` when that is not said."""
        lines = [s.height_px for s in self._received if s.media is Media.VIDEO and s.height_px]
        return max(lines, default=None)

    @property
    def hd(self) -> bool | None:
        """Whether a picture of at least 720 lines is received; ``None`` when that is not measured."""
        return None if self.received_lines is None else self.received_lines >= HD_LINES

    @property
    def _received(self) -> list[StreamReading]:
        return [stream for stream in self.streams if stream.way is Way.RECEIVED]


def _worst(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


@dataclass(frozen=True, slots=True)
class EndpointReading:
    """What one poll of a video-conference endpoint yields, and why it was asked just this."""

    profile: str
    """``poly``, ``hdx``, ``cisco-cts``, ``roomos`` or ``generic``."""
    vendor: str
    why: str
    """Why this profile was chosen, for people."""
    system: SystemReading | None = None
    """``None`` when only HTTPS was answered."""
    model: str = ""
    serial: str = ""
    software: str = ""
    registered: bool | None = None
    """Whether it is registered with a call server it is set up for; ``None`` when it does not say, or has none."""
    in_call: bool | None = None
    calls: tuple[CallReading, ...] = ()
    """The calls that are up; may be empty in a call of which nothing is said."""
    faults: tuple[str, ...] = ()
    """Parts that the endpoint itself calls failed, as fixed words: ``camera``, ``microphone``, ``network`` ..."""
    last_end_reason: str = ""
    """Why its last call ended, in its own words."""
    problems: tuple[str, ...] = ()
    """What could not be read, for people."""


class ServiceKind(StrEnum):
    """The protocol by which a service is asked."""

    SIP_UDP = "sip-udp"
    SIP_TCP = "sip-tcp"
    SIP_TLS = "sip-tls"
    H323 = "h323"
    """A connection to the port of H.225 call signalling (ITU-T H.225.0), 1720 as a rule."""
    HTTP = "http"
    HTTPS = "https"
    TCP = "tcp"
    """A connection is all that is asked for."""
    TLS = "tls"
    """And a handshake."""

    @property
    def takes_calls(self) -> bool:
        """Whether a call can come in by it."""
        return self in (ServiceKind.SIP_UDP, ServiceKind.SIP_TCP, ServiceKind.SIP_TLS, ServiceKind.H323)


class ServiceState(StrEnum):
    """How a service answered."""

    READY = "ready"
    """As it should: 2xx, the expected status and text, or a connection where no more is asked for."""
    ALIVE = "alive"
    """It speaks the protocol and says something else: 401, 404, 486 ..."""
    UNAVAILABLE = "unavailable"
    """It says itself that it cannot serve now: 503."""
    WRONG_TEXT = "wrong_text"
    """The page came without the text that was to be in it."""
    BAD_CERTIFICATE = "bad_certificate"
    """Out of date, of an unknown issuer, for another name, or not the one that was pinned."""
    BAD_ANSWER = "bad_answer"
    """It answers, but not in the protocol."""
    REFUSED = "refused"
    """The address is there and refuses the port."""
    SILENT = "silent"
    """No answer before the deadline."""
    UNREACHABLE = "unreachable"
    """The way there is not: no route, no such name."""

    @property
    def answers(self) -> bool:
        """Whether there is somebody who speaks the protocol and does not say that he cannot serve."""
        return self in (ServiceState.READY, ServiceState.ALIVE)


@dataclass(frozen=True, slots=True)
class CertificateReading:
    """The certificate that a server showed; times are Unix seconds."""

    not_before: float
    not_after: float
    sha256: str
    """Fingerprint: SHA-256 of the DER form, in small hexadecimal digits without colons."""
    trusted: bool
    """Whether it is the pinned one, or else is valid now, of a known issuer and for this name."""
    problem: str = ""
    """Why it is not trusted, for people."""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class ServiceReading:
    """How one service answered once."""

    kind: ServiceKind
    port: int
    state: ServiceState
    code: int | None = None
    """Status code of SIP or HTTP."""
    latency_s: float | None = None
    """From the first octet sent until the answer was there, the connection included."""
    certificate: CertificateReading | None = None
    problem: str = ""
    """What is wrong, for people; empty in ``ready``."""
