"""Records of lines for the tests of reports: a small inventory, and the file that an agent would have left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from phusong.agent.input.settings import LOCAL_TIME, load_inventory
from phusong.agent.report.availability import Report, make_report
from phusong.agent.report.date_range import read_range
from phusong.agent.report.record import read_record
from phusong.agent.state.history_tables import write_batch, write_hours
from phusong.agent.state.hourly import LinkHour
from phusong.agent.state.outages import Batch, Period, Stretch
from phusong.agent.state.state_file import FILE, connect
from phusong.coverage.editions import load_edition

OCTOBER = 1_790_787_600.0
"""2026-10-01 00:00 in Viet Nam."""
DAY = 86_400.0
NOVEMBER = OCTOBER + 31 * DAY
NOW = datetime.fromtimestamp(NOVEMBER + DAY, LOCAL_TIME)
SCRIPT_CARRIER = "<script>alert(1)</script>"
FORMULA_CARRIER = "=cmd|'/c calc'!A1"
MATHS_CARRIER = r"$\frac{1}$ & {{ 7*7 }} `x`"
CONFIG = """\
province: {code: "22", edition: "EDITION"}
inventory: inventory
snmp: {auths: {wan: {version: 2c, community_file: there-is-no-such-file}}}
"""
SITES = """\
site_id,name,kind,commune_code
s1,UBND thị trấn Cô Tô,commune,COTO
s2,"=HYPERLINK(""http://x"",""Sở"")",department,HALONG
s3,Trạm Y tế <b>Hà Khánh</b>,hospital,HALONG
"""
DEVICES = "device_id,site_id,address,auth\nr1,s1,192.0.2.1,wan\n"
LINKS = f"""\
link_id,site_id,carrier,contracted_down_mbps,contracted_up_mbps,contracted_availability_percent,far_device,far_interface
good,s1,VNPT,100,50,99.9,r1,a
bad,s2,VNPT,100,50,99.9,r1,b
edge,s2,VNPT,20,20,99,r1,c
late,s1,{FORMULA_CARRIER},20,20,,r1,d
never,s3,{SCRIPT_CARRIER},20,20,99.5,r1,e
busy,s3,{MATHS_CARRIER},10,10,100,r1,f
"""
COMMUNES = {"2020-01": ("07192", "06649"), "2025-07": ("07192", "06652")}
HOSTILE_LINK = "<img src=x onerror=alert(1)>"
"""Only in the record: no inventory would take it."""


def period(link: str, begin: float, end: float | None, verdict: str) -> Period:
    """Return a period of a line."""
    return Period("link", link, begin, end, verdict, "a_rule")


def write_record(
    path: Path, periods: Iterable[Period], stretches: Iterable[Stretch], hours: Iterable[LinkHour] = ()
) -> Path:
    """Write a state file as the agent does, and close it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(connect(path)) as connection:
        connection.execute("BEGIN")
        write_batch(connection, Batch(periods=tuple(periods), stretches=tuple(stretches)))
        write_hours(connection, hours)
        connection.execute("COMMIT")
    return path


def write_inventory(folder: Path, edition: str = "2020-01") -> Path:
    """Write a configuration whose secrets are not there, and an inventory; return the configuration."""
    coto, halong = COMMUNES[edition]
    (folder / "inventory").mkdir(parents=True, exist_ok=True)
    files = {
        "phusong.yaml": CONFIG.replace("EDITION", edition),
        "inventory/sites.csv": SITES.replace("COTO", coto).replace("HALONG", halong),
        "inventory/devices.csv": DEVICES,
        "inventory/links.csv": LINKS,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "phusong.yaml"


def october(link: str, *changes: tuple[float, str], until: float | None = None) -> Iterator[Period]:
    """Yield periods of a line one after the other: days of October (from 0) at which it became something."""
    for number, (day, verdict) in enumerate(changes):
        following = changes[number + 1][0] if number + 1 < len(changes) else None
        end = until if following is None else OCTOBER + following * DAY
        yield period(link, OCTOBER + day * DAY, end, verdict)


def write_province(folder: Path, edition: str = "2020-01") -> Path:
    """Write an inventory and the record of a September and October; return the configuration.

    The agent was away on the 10th of October from 00:00 to 06:00. In October: ``good`` is always up; ``bad`` is
    out for a day and at the end, a day under its parent and a day in maintenance; ``edge`` is out for exactly the
    1 % that its contract allows; ``late`` is there from the 16th; ``never`` is not; ``busy`` is switched off for a
    day, congested for one.
    """
    config = write_inventory(folder, edition)
    counted = 31 - 0.25
    periods = [
        *october("good", (-5, "up")),
        *october("bad", (-5, "up"), (2, "down"), (2.5, "unreachable"), (3, "parent_down"), (4, "maintenance"),
                 (5, "up"), (30.5, "down")),
        *october("edge", (-5, "up"), (20, "down"), (20 + counted * 0.01, "up")),
        *october("late", (15, "up"), (16, "unknown"), (17, "snmp_dead")),
        *october("busy", (-5, "up"), (6, "admin_down"), (7, "congested"), (8, "degraded"), (8.5, "up")),
        *october(HOSTILE_LINK, (1, "down"), (2, "up"), until=OCTOBER + 3 * DAY),
    ]  # fmt: skip
    stretches = [Stretch(OCTOBER - 5 * DAY, OCTOBER + 9 * DAY), Stretch(OCTOBER + 9.25 * DAY, NOVEMBER + DAY)]
    first = int(OCTOBER // 3600)
    rates = [(12_500 * hour, 1250 * hour, 1_250_000, 125_000) for hour in range(100)]
    hours = [
        LinkHour(first + hour, link, 3600, 120, 0, 0, *rates[hour], 100, 99, 8000)
        for hour in range(100)
        for link in ("good", "busy")
    ]  # fmt: skip
    hours += [LinkHour(first - 1, "good", 3600, 120, 0, 0, 10**9, 10**9, 10**9, 10**9, 100, 0, None, None)]
    write_record(folder / "state" / FILE, periods, stretches, hours)
    return config


def report_of(config: Path, month: str = "2026-10") -> Report:
    """Make the report of a month from files."""
    paths, inventory = load_inventory(config)
    record = read_record(paths.state / FILE, read_range(month, None, None, NOW), NOW)
    return make_report(record, inventory, load_edition(paths.edition))
