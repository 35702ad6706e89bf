"""What a Cisco codec says of itself in sysDescr."""

from __future__ import annotations

import pytest

from phusong.collectors.video.codec_descr import CodecDescr, read_codec_descr


@pytest.mark.parametrize(
    ("descr", "told"),
    [
        (
            "Cisco Codec SoftW: ce9.10.0.aaaaaaa MCU: Cisco TelePresence SX80 Date: 2020-01-20 S/N: FTT0000AAAA",
            CodecDescr("Cisco TelePresence SX80", "FTT0000AAAA", "ce9.10.0.aaaaaaa"),
        ),
        (
            "Cisco Codec / SoftW: ce9.1 / MCU: Cisco Room Kit / S/N: X1",
            CodecDescr("Cisco Room Kit", "X1", "ce9.1"),
        ),
        ("Cisco Codec SoftW: MCU:", CodecDescr()),
        ("RoomOS 11.5.2", CodecDescr()),
        ("", CodecDescr()),
    ],
)
def test_model_serial_and_software_are_found(descr: str, told: CodecDescr) -> None:
    """Each part by its title, whatever stands between; empty where it is not said."""
    assert read_codec_descr(descr) == told
