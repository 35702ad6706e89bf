"""Text from devices: readable whatever the octets are."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.collectors.device_text import LONGEST, clean_text, decode_text


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        (b"GigabitEthernet0/1", None, "GigabitEthernet0/1"),
        (b"", None, ""),
        ("Cô Tô – đảo".encode(), None, "Cô Tô – đảo"),
        ("Hoà".encode(), "gbk", "Hoà"),  # UTF-8 comes first
        (b"VPN_TO_\xca\xd0\xbd\xcc\xd3\xfd\xbe\xd6", "gbk", "VPN_TO_市教育局"),
        (b"Not\xe9l\xe9", None, "Notélé"),
        (b"Not\xe9l\xe9", "ascii", "Notélé"),  # the legacy charset fits no better
        (b"Not\xe9l\xe9", "no-such-charset", "Notélé"),
        (b"Not\xe9l\xe9", "base64", "Notélé"),  # a codec, but not of text
        (b"Not\xe9l\xe9", "idna", "Notélé"),
        (b"C\xf4 T\xf4", "cp1258", "Cô Tô"),
        (b"Gi0/1\0\0", None, "Gi0/1"),
        (b"\0", None, ""),
        (b"  eth0 \r\n", None, "eth0"),
        (b"Cisco IOS\r\nCopyright", None, "Cisco IOS  Copyright"),
        (b"a\tb", None, "a b"),
        ("a\u00a0b\u2028c".encode(), None, "a b c"),
        ("a\u202eb\u200bc\ufeffd\ue000e".encode(), None, "abcde"),  # bidi, zero width, mark, private use
        (b"a\x1b[31mb\x07\x7f", None, "a[31mb"),
        ("Hoa\u0300".encode(), None, "Hoà"),
        (b"\xed\xa0\x80", None, "í"),  # a lone surrogate is no UTF-8: Latin-1, with its control characters dropped
        (b"x" * 300, None, "x" * 255),
        (b"x" * 254 + b" yz", None, "x" * 254),
    ],
)
def test_texts_of_devices(octets: bytes, charset: str | None, text: str) -> None:
    """Each encoding seen on devices becomes the text meant; what is not to be seen is dropped."""
    assert decode_text(octets, charset) == text


@given(
    st.binary(max_size=600), st.sampled_from((None, "gbk", "cp1258", "utf-16", "shift_jis", "utf-7", "punycode"))
)
def test_no_octets_fail(octets: bytes, charset: str | None) -> None:
    """Any octets under any charset yield clean text: short, trimmed, composed, fit for UTF-8 and one line."""
    text = decode_text(octets, charset)
    assert len(text) <= LONGEST
    assert text == text.strip()
    assert text.encode("utf-8").decode() == text
    assert not any(unicodedata.category(char).startswith(("C", "Zl", "Zp")) for char in text)
    assert len(text.splitlines()) <= 1


@given(st.text(max_size=300))
def test_cleaning_is_done_once(text: str) -> None:
    """Clean text stays as it is, so that names compare equal wherever they were cleaned."""
    assert clean_text(clean_text(text)) == clean_text(text)


def test_marks_without_end_take_no_time() -> None:
    """Of a text of a million combining marks only so many are composed that it stays quick."""
    marks = "\u0301\u0323" * 500_000
    assert len(clean_text("a" + marks)) <= LONGEST
    assert len(clean_text("\n" * 5000 + "room")) == 4, "blanks before a text are no part of it"
