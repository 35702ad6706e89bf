"""How ``phusong discover`` shows what it found: tables for people, objects for programs. Nothing is asked here.

Device text is shown as text, never as markup; it has been cleaned when it was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from phusong.collectors.first_contact import Contact, NoContact
from phusong.collectors.if_types import if_type_name
from phusong.collectors.object_names import ADMIN_STATES, OPER_STATES, ObjectNames
from phusong.collectors.snmp.ber import format_oid

from .discovered_rows import FoundDevice, name_interface, state_name
from .findings import Finding, Findings
from .survey import Outcome

LONGEST_TEXT = 48
WIDE_TERMINAL = 120


def summary_line(outcome: Outcome) -> str:
    """Return one line on one device, for a log."""
    place = place_of(outcome)
    if outcome.discovery:
        system = outcome.discovery.system
        line = f"{place}: {system.sys_name or 'no sysName'}, {len(outcome.discovery.interfaces)} interfaces"
        return f"{line}; {outcome.problem}" if outcome.problem else line
    if outcome.walked:
        return f"{place}: {len(outcome.walked.rows)} objects"
    return f"{place}: {outcome.problem}"


def place_of(outcome: Outcome) -> str:
    """Return the address, with the port where it is not the usual one."""
    asked = outcome.asked
    if asked.port == 161:
        return asked.address
    return f"[{asked.address}]:{asked.port}" if ":" in asked.address else f"{asked.address}:{asked.port}"


def facts_table(finding: Finding, names: ObjectNames) -> Table:
    """Return what a device says of itself, a line a fact."""
    device, outcome = finding.device, finding.outcome
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in _facts(device, outcome, names) if device else [("problem", outcome.problem)]:
        table.add_row(Text(name), Text(value))
    return table


def _facts(device: FoundDevice, outcome: Outcome, names: ObjectNames) -> Iterator[tuple[str, str]]:
    system = device.discovery.system
    ticks = system.sys_uptime_ticks
    yield "sysName", system.sys_name
    yield "sysDescr", system.sys_descr
    object_id = device.discovery.object_id
    yield "sysObjectID", f"{format_oid(object_id)} ({names.name(object_id)})" if object_id else ""
    yield "sysLocation", system.sys_location
    yield "vendor", device.vendor
    yield "model", device.model
    yield "profile", f"{device.profile}: {device.why_profile}"
    yield "sysUpTime", "" if ticks is None else uptime_text(ticks)
    yield "answers to", device.auth
    if device.reply_from:
        yield "answers from", f"{device.reply_from} (reply_from of devices.csv)"
    yield "device_id", _id_text(device)
    yield "interfaces", str(len(device.discovery.interfaces))
    if outcome.problem:
        yield "problem", outcome.problem


def _id_text(device: FoundDevice) -> str:
    if device.is_known:
        return f"{device.device_id} (in the inventory)"
    return f"{device.device_id} (the same device as {device.same_as})" if device.same_as else device.device_id


def uptime_text(ticks: int) -> str:
    """Return sysUpTime, which counts hundredths of a second, in days, hours and minutes."""
    minutes, _ = divmod(ticks, 6000)
    days, rest = divmod(minutes, 1440)
    return f"{days} d {rest // 60} h {rest % 60} min"


def interfaces_table(device: FoundDevice, findings: Findings, width: int) -> Table:
    """Return the interfaces of a device. ``Named as`` is what to write into links.csv."""
    wide = width >= WIDE_TERMINAL
    more = ("ifDescr", "Type", "Speed", "Counters") if wide else ()
    table = _table("Index", "Named as", "ifName", "ifAlias", *more, "Admin", "Oper", "Line")
    rows = device.discovery.interfaces
    names = [row.name for row in rows]
    for row in rows:
        repeated = " (repeated)" if row.name and names.count(row.name) > 1 else ""
        speed = "" if row.speed_bps is None else speed_text(row.speed_bps)
        columns = (row.descr, if_type_name(row.if_type), speed, str(row.counters)) if wide else ()
        shown = (
            str(row.index),
            name_interface(row, rows),
            row.name + repeated,
            row.alias,
            *columns,
            state_name(ADMIN_STATES, row.admin_status),
            state_name(OPER_STATES, row.oper_status),
            findings.line_reasons.get((device.device_id, row.index), ""),
        )
        table.add_row(*map(Text, shown))
    return table


def speed_text(speed_bps: int) -> str:
    """Return a rate in the unit in which it is a short number."""
    for unit, size in (("Gbit/s", 10**9), ("Mbit/s", 10**6), ("kbit/s", 10**3)):
        if speed_bps >= size:
            return f"{speed_bps / size:g} {unit}"
    return f"{speed_bps} bit/s"


def devices_table(findings: Findings, width: int) -> Table:
    """Return one line for each device that answered; narrow terminals get fewer columns."""
    wide = width >= WIDE_TERMINAL
    more = ("Profile", "Auth", "Interfaces") if wide else ()
    table = _table("Address", "Device", "Vendor", "Model", *more, "Lines")
    for finding in findings.all:
        device = finding.device
        if device is None:
            continue
        columns = (device.profile, device.auth, str(len(device.discovery.interfaces))) if wide else ()
        shown = (
            place_of(finding.outcome),
            device.device_id,
            device.vendor,
            device.model,
            *columns,
            str(line_count(device, findings)),
        )
        table.add_row(*map(Text, shown))
    return table


def note_lines(findings: Findings) -> Iterator[str]:
    """Yield a line for each device of which there is more to say; silent addresses of ranges are left out."""
    for finding in findings.all:
        outcome = finding.outcome
        note = note_of(finding)
        if note and (outcome.asked.is_expected or not outcome.is_silent):
            yield f"{place_of(outcome)}: {note}"


def line_count(device: FoundDevice, findings: Findings) -> int:
    """Return how many of the device's interfaces are taken for ends of lines."""
    return sum(end[0] == device.device_id for end in findings.line_reasons)


def note_of(finding: Finding) -> str:
    """Return what else is to be said of a device."""
    device, contact = finding.device, finding.outcome.contact
    notes = [finding.outcome.problem] if finding.outcome.problem else []
    if device and device.is_known:
        notes.append("in the inventory already")
    if device and device.same_as:
        notes.append(f"the same device as {device.same_as}")
    if device and device.reply_from:
        notes.append(f"answers from {device.reply_from}, see reply_from")
    if device and device.is_endpoint:
        notes.append("a video endpoint")
    if isinstance(contact, Contact) and contact.works_with:
        notes.append(f"answers with priv {contact.works_with} only")
    return "; ".join(notes)


def report_rows(findings: Findings) -> list[dict[str, str]]:
    """Return the rows of discovered.csv: every device that was asked for, and what came of it."""
    return [_report_row(finding, findings) for finding in findings.all]


def _report_row(finding: Finding, findings: Findings) -> dict[str, str]:
    outcome, device = finding.outcome, finding.device
    row = {
        "address": outcome.asked.address,
        "port": str(outcome.asked.port),
        "result": outcome.reason or "good",
        "note": note_of(finding),
    }
    if device is None:
        return row
    system = device.discovery.system
    return row | {
        "auth": device.auth,
        "device_id": device.device_id,
        "sys_name": system.sys_name,
        "vendor": device.vendor,
        "model": device.model,
        "profile": device.profile,
        "why_profile": device.why_profile,
        "sys_object_id": system.sys_object_id,
        "sys_descr": system.sys_descr,
        "interfaces": str(len(device.discovery.interfaces)),
        "lines": str(line_count(device, findings)),
    }


def _table(*headings: str) -> Table:
    table = Table(box=SIMPLE, padding=0, pad_edge=False)
    whole = ("Index", "Address", "Device", "Admin", "Oper", "Speed", "Interfaces", "Lines", "Auth")
    for heading in headings:
        table.add_column(
            heading,
            no_wrap=heading in whole,
            overflow="fold",
            justify="right" if heading in ("Index", "Interfaces", "Lines") else "left",
            max_width=None if heading in whole else LONGEST_TEXT,
        )
    return table


def as_objects(findings: Findings, names: ObjectNames) -> list[dict[str, Any]]:
    """Return one object per device that was asked for, for other programs."""
    return [_object(finding, findings, names) for finding in findings.all]


def _object(finding: Finding, findings: Findings, names: ObjectNames) -> dict[str, Any]:
    outcome, device = finding.outcome, finding.device
    made: dict[str, Any] = {
        "address": outcome.asked.address,
        "port": outcome.asked.port,
        "answered": outcome.answered,
        "reason": outcome.reason or None,
        "problem": outcome.problem or None,
        "auth": outcome.contact.auth if isinstance(outcome.contact, Contact) else None,
        "works_with_priv": outcome.contact.works_with if isinstance(outcome.contact, Contact) else None,
        "ping_answers": outcome.contact.ping_answers if isinstance(outcome.contact, NoContact) else None,
    }
    if device is None:
        return made
    system, object_id = device.discovery.system, device.discovery.object_id
    return made | {
        "device_id": device.device_id,
        "in_inventory": device.is_known,
        "same_as": device.same_as or None,
        "is_endpoint": device.is_endpoint,
        "reply_from": device.reply_from or None,
        "sys_name": system.sys_name,
        "sys_descr": system.sys_descr,
        "sys_location": system.sys_location,
        "sys_object_id": system.sys_object_id,
        "sys_object_id_name": names.name(object_id) if object_id else "",
        "sys_uptime_ticks": system.sys_uptime_ticks,
        "vendor": device.vendor,
        "model": device.model,
        "profile": device.profile,
        "why_profile": device.why_profile,
        "interfaces": list(_interface_objects(device, findings)),
    }


def _interface_objects(device: FoundDevice, findings: Findings) -> Iterator[dict[str, Any]]:
    rows = device.discovery.interfaces
    for row in rows:
        yield {
            "if_index": row.index,
            "named_as": name_interface(row, rows),
            "if_name": row.name,
            "if_alias": row.alias,
            "if_descr": row.descr,
            "if_type": row.if_type,
            "if_type_name": if_type_name(row.if_type),
            "speed_bps": row.speed_bps,
            "admin_status": row.admin_status,
            "oper_status": row.oper_status,
            "counters": row.counters,
            "addresses": [str(address) for address in row.addresses],
            "line": findings.line_reasons.get((device.device_id, row.index)),
        }


def walk_lines(outcome: Outcome, names: ObjectNames) -> Iterator[str]:
    """Yield ``ifHCInOctets.17 = 1234`` for each object that was walked."""
    for oid, value in outcome.walked.rows if outcome.walked else ():
        yield f"{names.name(oid)} = {names.shown(oid, value)}"


def walk_objects(outcomes: Iterable[Outcome], names: ObjectNames) -> list[dict[str, Any]]:
    """Return what was walked, one object per device, for other programs."""
    return [
        {
            "address": outcome.asked.address,
            "port": outcome.asked.port,
            "answered": outcome.answered,
            "problem": outcome.problem or None,
            "objects": [
                {"name": names.name(oid), "oid": format_oid(oid), "value": names.shown(oid, value)}
                for oid, value in (outcome.walked.rows if outcome.walked else ())
            ],
        }
        for outcome in outcomes
    ]
