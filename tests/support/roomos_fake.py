"""A Cisco codec for tests: the documents that one answers, and an HTTPS server that answers them.

The documents are written after the names in Cisco's API reference guides, and come from no device.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import ipaddress
import ssl
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

CE_IDLE: Final = {
    "/Status/Call": "<EmptyResult/>",
    "/Status/MediaChannels": "<EmptyResult/>",
    "/Status/SIP/Registration": """
      <SIP><Registration item="1" maxOccurrence="n">
        <Reason/><Status>Registered</Status><URI>xa.minhchau@vc.example.vn</URI>
      </Registration></SIP>""",
    "/Status/H323/Gatekeeper": "<H323><Gatekeeper><Status>Inactive</Status></Gatekeeper></H323>",
    "/Status/Diagnostics": """
      <Diagnostics>
        <Message item="1" maxOccurrence="n">
          <Description>The time server does not answer</Description>
          <Level>Error</Level><References/><Type>NTPStatus</Type>
        </Message>
      </Diagnostics>""",
    "/Status/SystemUnit": """
      <SystemUnit>
        <Hardware><Module><SerialNumber>FTT2400A1BC</SerialNumber></Module></Hardware>
        <ProductId>Cisco Room Kit</ProductId><ProductPlatform>Room Kit</ProductPlatform>
        <Software><Version>ce9.15.0.aaaaaaaaaaa</Version></Software>
        <Uptime>86400</Uptime>
      </SystemUnit>""",
}
"""What a CE codec without a call says, by location; ``<Status ...>`` is put around all that is not a root."""

CE_CALLS: Final = """
  <Call item="14" maxOccurrence="n">
    <AnswerState>Answered</AnswerState><CallType>Video</CallType>
    <CallbackNumber>sip:hop.tinh@vc.example.vn</CallbackNumber><DeviceType>Endpoint</DeviceType>
    <Direction>Outgoing</Direction><DisplayName>Họp tỉnh</DisplayName><Duration>600</Duration>
    <Encryption><Type>Aes-128</Type></Encryption><PlacedOnHold>False</PlacedOnHold><Protocol>SIP</Protocol>
    <ReceiveCallRate>4000</ReceiveCallRate><RemoteNumber>hop.tinh@vc.example.vn</RemoteNumber>
    <Status>Connected</Status><TransmitCallRate>2000</TransmitCallRate>
  </Call>
  <Call item="15" maxOccurrence="n">
    <Direction>Incoming</Direction><DisplayName/><Duration>30</Duration>
    <Encryption><Type>None</Type></Encryption><Protocol>H323</Protocol>
    <ReceiveCallRate>64</ReceiveCallRate><RemoteNumber>2033825</RemoteNumber>
    <Status>OnHold</Status><TransmitCallRate>64</TransmitCallRate>
  </Call>
  <Call item="16" maxOccurrence="n">
    <AnswerState>Unanswered</AnswerState><Direction>Incoming</Direction><Status>Ringing</Status>
  </Call>
  <Call item="13" ghost="True"/>"""


def channel(
    item: int,
    carries: str,
    way: str,
    *,
    lost: int = 0,
    packets: int = 0,
    jitter: int = 0,
    rate: int = 64,
    role: str = "Main",
    size: tuple[int, int] = (1920, 1080),
) -> str:
    """Write one channel as CE and TC7 have it."""
    details = {
        "Audio": "<Audio><Channels>1</Channels><Mute>False</Mute><Protocol>AACLD</Protocol></Audio>",
        "Video": f"<Video><ChannelRole>{role}</ChannelRole><FrameRate>30</FrameRate><Protocol>H264</Protocol>"
        f"<ResolutionX>{size[0]}</ResolutionX><ResolutionY>{size[1]}</ResolutionY></Video>",
        "Data": "<Data><Protocol>H224</Protocol><Role>Fecc</Role></Data>",
    }[carries]
    return (
        f'<Channel item="{item}">{details}<Direction>{way}</Direction>'
        f"<Netstat><Bytes>1</Bytes><ChannelRate>{rate}</ChannelRate><Jitter>{jitter}</Jitter><Loss>{lost}</Loss>"
        f"<MaxJitter>{jitter + 9}</MaxJitter><Packets>{packets}</Packets></Netstat>"
        f"<Type>{carries}</Type></Channel>"
    )


CE_CHANNELS: Final = f"""
  <MediaChannels>
    <Call item="14" maxOccurrence="n">
      {channel(2, "Audio", "Incoming", lost=3, packets=29997, jitter=4)}
      {channel(3, "Audio", "Outgoing", lost=0, packets=30000, jitter=2)}
      {channel(4, "Video", "Incoming", lost=1000, packets=99000, jitter=21, rate=3400)}
      {channel(5, "Video", "Outgoing", lost=0, packets=50000, jitter=3, rate=1800, size=(1280, 720))}
      {channel(6, "Video", "Incoming", lost=5, packets=995, jitter=40, role="Presentation", size=(1024, 768))}
      {channel(7, "Data", "Incoming", packets=12)}
    </Call>
    <Call item="15" maxOccurrence="n">{channel(2, "Audio", "Incoming", packets=0)}</Call>
  </MediaChannels>"""

CE_IN_CALL: Final = {**CE_IDLE, "/Status/Call": CE_CALLS, "/Status/MediaChannels": CE_CHANNELS}
"""In two calls, with a third one ringing and one that has just gone."""

TC_NAMESPACE: Final = 'xmlns="http://www.tandberg.no/XML/CUIL/1.0"'
TC_FIRST_IN_CALL: Final = {
    "/Status/Call": """
      <Call item="27"><CallRate item="1">768</CallRate><Direction item="1">Incoming</Direction>
        <DisplayName item="1"/><Encryption item="1"><Type item="1">None</Type></Encryption>
        <Protocol item="1">h323</Protocol><RemoteNumber item="1">5585232</RemoteNumber>
        <Status item="1">Connected</Status></Call>""",
    "/Status/MediaChannels": """
      <MediaChannels item="1"><Call item="27">
        <IncomingAudioChannel item="172"><Protocol item="1">G722</Protocol></IncomingAudioChannel>
        <IncomingVideoChannel item="174"><ChannelRole item="1">Main</ChannelRole>
          <Protocol item="1">H263</Protocol></IncomingVideoChannel>
        <IncomingDataChannel item="176"/>
        <OutgoingVideoChannel item="175"><ChannelRole item="1">Presentation</ChannelRole></OutgoingVideoChannel>
      </Call></MediaChannels>""",
    "/Status/Diagnostics": """
      <Diagnostics item="1"><Call item="27"><Channels item="1">
        <IncomingVideoChannel item="174"><Netstat item="1"><ChannelRate item="1">700</ChannelRate>
          <MaxJitter item="1">12</MaxJitter><Loss item="1">10</Loss><Packets item="1">990</Packets>
        </Netstat></IncomingVideoChannel>
      </Channels></Call></Diagnostics>""",
    "/Status/H323/Gatekeeper": """
      <H323 item="1"><Gatekeeper item="1"><Status item="1">Registered</Status></Gatekeeper></H323>""",
    "/Status/SystemUnit": """
      <SystemUnit item="1"><Hardware item="1"><MainBoard item="1"><SerialNumber item="1">PH0100000</SerialNumber>
      </MainBoard></Hardware><ProductId item="1">Codec C90</ProductId></SystemUnit>""",
}
"""The layout of the first TC releases: one name per kind of channel, counters apart, ``item`` everywhere."""


def document(inside: str, *, attributes: str = 'product="Cisco Codec" version="ce9.15.0.aaaaaaaaaaa"') -> bytes:
    """Put the root around rows."""
    if inside.lstrip().startswith("<EmptyResult"):
        return f'<?xml version="1.0"?>{inside}'.encode()
    return f'<?xml version="1.0"?>\n<Status {attributes}>{inside}</Status>'.encode()


# --- the server ----------------------------------------------------------------------------------------------

ADDRESS: Final = "127.0.0.1"
SERVER_NAME: Final = "codec.example.vn"
USER: Final = "readonly"
PASSWORD: Final = "canary-Mật-khẩu-0123456789"
AUTHORIZATION: Final = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

Reply = str | bytes | int | None
"""Rows to put the root around, a body as it is, an HTTP status, or no answer at all."""


@dataclass
class FakeCodec:
    """What the codec answers and what it was asked."""

    replies: dict[str, Reply]
    port: int = 0
    authorization: str = AUTHORIZATION
    refusal: int = 401
    points_to: str = "/web/signin"
    """Where its redirects lead."""
    delays_s: dict[str, float] = field(default_factory=dict)
    """How long an answer takes, by location."""
    connections: int = 0
    received: bytes = b""
    """All that came after the handshakes."""
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, target and ``Authorization`` of every request."""

    @property
    def locations(self) -> list[str]:
        """The locations that were asked for, in order."""
        return [target.partition("?location=")[2] for _, target, _ in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.received += head
            answer = self._answer(head.decode("latin-1"))
            await asyncio.sleep(self.delays_s.get(self.locations[-1], 0.0))
            if answer is None:
                await reader.read()  # until the other side gives up
            else:
                writer.write(answer)
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    def _answer(self, head: str) -> bytes | None:
        method, target, _ = head.split("\r\n")[0].split(" ")
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        given = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
        self.asked.append((method, target, given))
        if given != self.authorization:
            return _response(self.refusal, b"", self.points_to)
        reply = self.replies.get(self.locations[-1], 404)
        if reply is None:
            return None
        if isinstance(reply, int):
            return _response(reply, b"", self.points_to)
        return _response(200, reply if isinstance(reply, bytes) else document(reply))


def _response(status: int, body: bytes, points_to: str = "") -> bytes:
    more = f"Location: {points_to}\r\n" if 300 <= status < 400 else ""
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


@dataclass(frozen=True)
class Identification:
    """A certificate that was made for the test, its key and its issuer."""

    pem: bytes
    key_pem: bytes
    issuer_pem: str
    sha256: str

    def context(self) -> ssl.SSLContext:
        """Return the TLS settings of a server that has it."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "server.pem")
            file.write_bytes(self.pem + self.key_pem)
            context.load_cert_chain(file)
        return context


@cache
def identification(name: str = SERVER_NAME, *, days: int = 30) -> Identification:
    """Make a certificate for a name, and an issuer of its own; with negative days it has expired."""
    now = dt.datetime.now(dt.UTC)
    begin, end = now - dt.timedelta(days=60), now + dt.timedelta(days=days)
    issuer_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuer of tests")])

    def made(subject: x509.Name, public: ec.EllipticCurvePublicKey, until: dt.datetime) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number(), begin, until)
        identifier = x509.SubjectKeyIdentifier.from_public_key(public)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        return builder.add_extension(identifier, critical=False).add_extension(authority, critical=False)

    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    root = (
        made(issuer, issuer_key.public_key(), now + dt.timedelta(days=60))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))])
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    certificate = made(subject, key.public_key(), end).add_extension(names, critical=False)
    signed = certificate.sign(issuer_key, hashes.SHA256())
    return Identification(
        signed.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        root.public_bytes(serialization.Encoding.PEM).decode(),
        signed.fingerprint(hashes.SHA256()).hex(),
    )


@asynccontextmanager
async def fake_codec(
    replies: Mapping[str, Reply], *, certificate: Identification | None = None
) -> AsyncIterator[FakeCodec]:
    """Run a codec on loopback for as long as the block lasts."""
    codec = FakeCodec(dict(replies))
    context = (certificate or identification()).context()
    server = await asyncio.start_server(codec.serve, ADDRESS, 0, ssl=context)
    codec.port = server.sockets[0].getsockname()[1]
    try:
        yield codec
    finally:
        server.close()
        await server.wait_closed()
