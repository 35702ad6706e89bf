"""Compression and conditional requests, as RFC 9110 says."""

from __future__ import annotations

import gzip

import pytest

from phusong.exporters.packed_page import accepts_gzip, headers_of, is_known, pack

WRITTEN = 1_795_330_800.9


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("br, deflate", False),
        ("br, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=0.001", True),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("identity, *;q=0.1", True),
        (";;,,=", False),
    ],
)
def test_accept_encoding(header: str, accepted: bool) -> None:
    """A coding is taken unless its quality is 0; a star speaks of what is not named."""
    assert accepts_gzip(header) is accepted


def test_packed_is_the_page() -> None:
    """The same content is packed into the same bytes under the same tag; other content under another."""
    page, again, other = pack(b"x" * 1000, WRITTEN), pack(b"x" * 1000), pack(b"y" * 1000)
    assert gzip.decompress(page.packed) == page.plain
    assert (page.packed, page.tag) == (again.packed, again.tag)
    assert page.tag != other.tag


@pytest.mark.parametrize(
    ("conditions", "known"),
    [
        ({}, False),
        ({"if-none-match": "*"}, True),
        ({"if-none-match": '"abc"'}, False),
        ({"if-modified-since": "Sun, 22 Nov 2026 07:00:00 GMT"}, True),
        ({"if-modified-since": "Sun, 22 Nov 2026 06:59:59 GMT"}, False),
        ({"if-modified-since": "yesterday"}, False),
        ({"if-modified-since": "Sun, 22 Nov 99999 07:00:00 GMT"}, False),
        ({"if-none-match": '"abc"', "if-modified-since": "Sun, 22 Nov 2026 07:00:00 GMT"}, False),
    ],
)
def test_conditions(conditions: dict[str, str], known: bool) -> None:
    """A tag decides before a date; a date that nobody can read is none."""
    assert is_known(pack(b"x", WRITTEN), conditions) is known


def test_conditions_of_its_own_headers() -> None:
    """Who sends back what an answer said has the page."""
    page = pack(b"x", WRITTEN)
    said = headers_of(page)
    assert is_known(page, {"if-none-match": said["etag"]})
    assert is_known(page, {"if-none-match": said["etag"].removeprefix("W/")})
    assert is_known(page, {"if-modified-since": said["last-modified"]})
    assert "last-modified" not in headers_of(pack(b"x"))
    assert not is_known(pack(b"x"), {"if-modified-since": said["last-modified"]})
