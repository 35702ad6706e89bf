"""Values of endpoints in base units: right in every unit, and nothing that cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.collectors.snmp.ber import Missing, Value
from phusong.collectors.video.measures import PROBLEMS_TOLD, Measures, Problems, first_given


@pytest.mark.parametrize(
    ("value", "whole", "expected"),
    [
        (0, 100, 0.0),
        (3, 100, 0.03),
        (100, 100, 1.0),
        (b"0.25", 100, 0.0025),
        (b" 1,5 % ", 100, 0.015),
        (b"12%", 100, 0.12),
        (1_000_000, 100_000_000, 0.01),
        (1, 100_000_000, 1e-8),
        (100_000_000, 100_000_000, 1.0),
        (b"", 100, None),
        (b"   ", 100, None),
        (b"N/A", 100, None),
        (b"--", 100, None),
        (None, 100, None),
        (Missing.NO_SUCH_OBJECT, 100, None),
    ],
)
def test_a_share_is_right_in_its_unit(value: Value, whole: int, expected: float | None) -> None:
    """Percent and micropercent become 0 to 1; an empty string is no number and no problem."""
    problems = Problems()
    assert Measures(problems).ratio("loss", value, whole) == expected
    assert problems.texts == ()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (101, "loss: 101 cannot be"),
        (-1, "loss: -1 cannot be"),
        (2**32 - 1, "loss: 4294967295 cannot be"),
        (2**64 - 1, "cannot be"),
        (b"250", "loss: 250 cannot be"),
        (b"none of it", "loss: not a number"),
        (b"-3", "loss: not a number"),
        (b"\xff\xfe", "loss: not a number"),
        (b"1e3", "loss: not a number"),
        (b"9" * 5000, "loss: not a number"),
        ((1, 3, 6), "loss: not a number"),
    ],
)
def test_what_cannot_be_is_dropped_and_told(value: Value, told: str) -> None:
    """A value out of range or of another kind is no reading, and one problem says which object it is of."""
    problems = Problems()
    assert Measures(problems).ratio("loss", value, 100) is None
    (text,) = problems.texts
    assert told in text


def test_delays_rates_and_pictures_have_their_limits() -> None:
    """ms, kbit/s, millifps and pixels are converted up to what a call can have, and dropped above."""
    problems = Problems()
    measures = Measures(problems)
    assert measures.delay_s("jitter", 35) == 0.035
    assert measures.delay_s("jitter", 60_000) == 60.0
    assert measures.delay_s("jitter", b"150 ms") == 0.15
    assert measures.bit_rate_bps("rate", 1920) == pytest.approx(1_920_000)
    assert measures.bit_rate_bps("speed", 1000, 1_000_000) == pytest.approx(1e9)
    assert measures.frame_rate_hz("frames", 29_970, 1000) == 29.97
    assert measures.frame_rate_hz("frames", b"30 fps") == 30.0
    assert measures.pixels("width", 0) is None
    assert measures.pixels("width", 16384) == 16384
    assert problems.texts == ()
    assert measures.delay_s("jitter", 60_001) is None
    assert measures.bit_rate_bps("rate", 1_000_001) is None
    assert measures.frame_rate_hz("frames", 301_000, 1000) is None
    assert measures.pixels("width", 16385) is None
    assert len(problems.texts) == 4


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (b"1280x720", (1280, 720)),
        (b"1920 X 1080", (1920, 1080)),
        ("1280×720".encode(), (1280, 720)),
        (b"1280x720p30", (1280, 720)),
        (b"720p", (None, 720)),
        (b"1080p60", (None, 1080)),
        (b"1080i", (None, 1080)),
        (b"4CIF", (704, 576)),
        (b"cif", (352, 288)),
        (b"0x0", (None, None)),
        (b"", (None, None)),
        (b"None", (None, None)),
        (Missing.NO_SUCH_INSTANCE, (None, None)),
        (720, (None, None)),
    ],
)
def test_a_resolution_is_read_from_its_text(text: Value, size: tuple[int | None, int | None]) -> None:
    """Width and lines, only the lines where no more is said, and nothing without a problem where there is none."""
    problems = Problems()
    assert Measures(problems).resolution("picture", text) == size
    assert problems.texts == ()


@pytest.mark.parametrize(
    "text", [b"99999x720", b"16385x16384", b"wide", b"1280x", b"x720", b"123456789x720", b"7p"]
)
def test_a_size_that_cannot_be_is_told(text: bytes) -> None:
    """Larger than 16384 pixels, or no size at all."""
    problems = Problems()
    assert Measures(problems).resolution("picture", text) == (None, None)
    assert len(problems.texts) == 1


def test_a_text_is_cleaned_and_a_word_for_nothing_is_nothing() -> None:
    """Control characters never come through; "none" is a name for no codec."""
    measures = Measures(Problems(), "cp1258")
    assert measures.text(b"H.264\x1b[31m\x00") == "H.264[31m"
    assert measures.text(7) == ""
    assert measures.word(b"H.264") == "H.264"
    assert measures.word(b"None") == ""
    assert len(measures.text(b"x" * 100_000)) == 255


def test_problems_are_told_once_and_not_without_end() -> None:
    """The same text once; of very many the rest is a number."""
    problems = Problems()
    for n in range(PROBLEMS_TOLD + 3):
        problems.tell(f"problem {n}")
        problems.tell("problem 0")
    assert len(problems.texts) == PROBLEMS_TOLD + 1
    assert problems.texts[-1] == "3 more of the like"


def test_the_better_object_is_taken_where_the_agent_has_it() -> None:
    """A value of 0 is a value; what is missing gives way."""
    assert first_given([Missing.NO_SUCH_INSTANCE, None, 0, 5]) == 0
    assert first_given([Missing.NO_SUCH_OBJECT, None]) is Missing.NO_SUCH_INSTANCE


@given(st.one_of(st.integers(-(2**63), 2**64), st.binary(max_size=300), st.none(), st.tuples(st.integers(0, 9))))
def test_any_value_is_a_share_or_nothing(value: Value) -> None:
    """Whatever an agent sends, a share lies between 0 and 1 and nothing is raised."""
    measures = Measures(Problems())
    for found in (measures.ratio("loss", value, 100), measures.ratio("loss", value, 100_000_000)):
        assert found is None or 0 <= found <= 1
    delay_s = measures.delay_s("jitter", value)
    assert delay_s is None or 0 <= delay_s <= 60
    width, lines = measures.resolution("picture", value)
    assert (width or 0) <= 16384
    assert (lines or 0) <= 16384
