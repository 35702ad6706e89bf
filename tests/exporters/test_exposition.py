"""Labels, numbers and content negotiation, with prometheus_client as the measure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.exposition import choose_encoder
from prometheus_client.utils import floatToGoString

from phusong.exporters.exposition import Format, clean_label, counter_value, negotiate, number, series

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "text/html,*/*;q=0.8", "text/plain", "application/openmetrics-text", PROMETHEUS_2, PROMETHEUS_3],
)
def test_negotiation_agrees_with_prometheus_client(accept: str) -> None:
    """For what scrapers and browsers send, the format is the one that prometheus_client would choose."""
    _, content_type = choose_encoder(accept)
    assert negotiate(accept).value.split(";")[0] == content_type.split(";")[0]


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("text/plain;q=0.9,application/openmetrics-text;q=0.8", Format.TEXT),
        ("text/plain;q=0.1, application/openmetrics-text; version=1.0.0; q=0.8", Format.OPENMETRICS),
        ("application/openmetrics-text;q=0", Format.TEXT),
        ("application/openmetrics-text;version=abc", Format.TEXT),
        ("application/openmetrics-text;version=2.0.0", Format.TEXT),
        ("application/openmetrics-text;q=nan", Format.TEXT),
        (",;=;q,,", Format.TEXT),
    ],
)
def test_negotiation_keeps_to_weights_and_versions(accept: str, wanted: Format) -> None:
    """Weights count, unknown versions are not taken, and nonsense means text."""
    assert negotiate(accept) is wanted


@given(st.text())
def test_any_accept_header_is_answered(accept: str) -> None:
    """No header raises."""
    assert negotiate(accept) in Format


@given(st.floats() | st.integers(-(2**70), 2**70) | st.integers(0, 2**53) | st.booleans())
def test_number_is_prometheus_clients(value: float) -> None:
    """Numbers are printed as prometheus_client prints them, whole ones too."""
    assert number(value) == floatToGoString(value)


def test_counter_wraps_at_2_to_53() -> None:
    """The last counter value that a float holds exactly is followed by 0, as snmp_exporter does."""
    assert counter_value(2**53 - 1) == 2**53 - 1
    assert counter_value(2**53) == 0
    assert counter_value(2**64 - 1) == 2**53 - 1


@given(st.text(st.characters() | st.characters(categories=["Cs", "Cc"])))
def test_clean_label_can_be_sent(text: str) -> None:
    """Whatever a device sent, the label is valid UTF-8 without control characters; a second cleaning is idle."""
    cleaned = clean_label(text)
    cleaned.encode("utf-8")
    assert not set(cleaned) & set(map(chr, [*range(9), *range(11, 32), 127]))
    assert clean_label(cleaned) == cleaned


def test_ordinary_text_stays() -> None:
    """Vietnamese, blanks, tabs, line breaks, quotes and backslashes are no damage."""
    text = 'Tuyến Vân Đồn\t"C:\\x"\n𝟙'
    assert clean_label(text) == text
    assert len(clean_label("x" * 1000)) == 256


def test_series_is_escaped_and_sorted() -> None:
    """Labels come in alphabetical order with backslash, quote and line break escaped."""
    assert series("up", {"b": 'say "hi"', "a": "c:\\\n"}) == 'up{a="c:\\\\\\n",b="say \\"hi\\""} '
    assert series("up", {}) == "up "
