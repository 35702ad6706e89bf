"""A Cisco codec for tests: the documents that one answers, and an HTTPS server that answers them.

The documents are written after the names in Cisco's API reference guides, and come from no device.
"""

from __future__ import annotations

from typing import Final

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
    "/Status/Standby": "<Standby><State>Halfwake</State></Standby>",
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
    "/Status/Standby": '<Standby item="1"><Active item="1">On</Active></Standby>',
}
"""The layout of the first TC releases: one name per kind of channel, counters apart, ``item`` everywhere."""


def document(inside: str, *, attributes: str = 'product="Cisco Codec" version="ce9.15.0.aaaaaaaaaaa"') -> bytes:
    """Put the root around rows."""
    if inside.lstrip().startswith("<EmptyResult"):
        return f'<?xml version="1.0"?>{inside}'.encode()
    return f'<?xml version="1.0"?>\n<Status {attributes}>{inside}</Status>'.encode()
