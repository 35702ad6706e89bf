"""Single cells of the inventory: times, as they are written by hand and by spreadsheets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from phusong.agent.input.csv_table import read_table
from phusong.agent.input.inventory_cells import CellError, time_in
from phusong.agent.input.inventory_columns import maintenance_spec

PROVINCE_TIME = timezone(timedelta(hours=7))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-28T09:30", datetime(2026, 11, 28, 2, 30, tzinfo=UTC)),
        ("2026-11-28 09:30:15", datetime(2026, 11, 28, 2, 30, 15, tzinfo=UTC)),
        ("2026-11-28T09:30Z", datetime(2026, 11, 28, 9, 30, tzinfo=UTC)),
        ("2026-11-28T09:30+01:00", datetime(2026, 11, 28, 8, 30, tzinfo=UTC)),
        ("28/11/2026 9:30", datetime(2026, 11, 28, 2, 30, tzinfo=UTC)),
        ("28/11/2026 09:30:15", datetime(2026, 11, 28, 2, 30, 15, tzinfo=UTC)),
        ("28/11/2026   9:30", datetime(2026, 11, 28, 2, 30, tzinfo=UTC)),
        ("05/04/2026 00:00", datetime(2026, 4, 4, 17, tzinfo=UTC)),
        ("5/4/2026 23:59", datetime(2026, 4, 5, 16, 59, tzinfo=UTC)),
        ("29/2/2028 8:00", datetime(2028, 2, 29, 1, tzinfo=UTC)),
    ],
)
def test_times(text: str, expected: datetime) -> None:
    """ISO 8601, and with slashes the day first; without an offset in the province's time."""
    time = time_in(PROVINCE_TIME)(text)
    assert time == expected
    assert time.utcoffset() is not None


@pytest.mark.parametrize(
    "text",
    [
        "28/11/2026",
        "28/11/26 9:30",
        "11/28/2026 9:30",
        "31/11/2026 9:30",
        "29/2/2026 9:30",
        "0/1/2026 9:30",
        "28/11/2026 24:00",
        "28/11/2026 9:60",
        "28/11/2026 9:30:60",
        "28/11/2026 9",
        "28/11/2026 9:3",
        "28/11/2026T9:30",
        "28/11/20269:30",
        "28/11/2026 9:30 SA",
        "28/11/2026 9:30Z",
        "28/11/2026 9:30+07:00",
        "128/11/2026 9:30",
        "28/11/1026 9:30",
        "28-11-2026 9:30",
        "28.11.2026 9:30",
        "٢٨/11/2026 9:30",
        "9:30 28/11/2026",
        "2026/11/28 9:30",
        "2026-11-28",
        "2026-02-30T10:00",
        "soon",
    ],
)
def test_what_is_no_time(text: str) -> None:
    """Never taken for the month first or for a short year; what to write instead is told."""
    with pytest.raises(CellError, match="is no time") as caught:
        time_in(PROVINCE_TIME)(text)
    assert caught.value.remedy == (
        "write 2026-10-31T22:00 (local time), 2026-10-31T22:00+07:00, or 31/10/2026 22:00 (the day first)"
    )


def test_planned_work_as_a_spreadsheet_saves_it() -> None:
    """``maintenance.csv`` takes the same times."""
    text = "what;from;to;reason\r\nvd-1;31/10/2026 22:00;01/11/2026 2:00:00;đổi cáp\r\n"
    table = read_table(maintenance_spec(PROVINCE_TIME), "maintenance.csv", text)
    assert table.problems == []
    assert [table.rows[0].values[column] for column in ("from", "to")] == [
        datetime(2026, 10, 31, 15, tzinfo=UTC),
        datetime(2026, 10, 31, 19, tzinfo=UTC),
    ]
