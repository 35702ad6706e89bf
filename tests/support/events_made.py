"""Events for tests of those who send them."""

from __future__ import annotations

from phusong.exporters.events import Event, EventKind, EventObject, Severity

LINE = EventObject(
    type="link",
    id="coto-1",
    site="coto",
    site_name="UBND thị trấn Cô Tô",
    carrier="Carrier A",
    commune="07192",
    commune_name="Thị trấn Cô Tô",
)


def make_event(event_id: str = "e1", **changes: object) -> Event:
    """Return a line that went down on the last evening of October 2026."""
    values: dict[str, object] = {
        "id": event_id,
        "kind": EventKind.VERDICT_CHANGED,
        "severity": Severity.ERROR,
        "time": 1793463302.125,
        "object": LINE,
        "before": "up",
        "after": "down",
        "since": 1793463300.0,
        "rule": "oper_status",
        "cause": "",
        "detail": "",
        **changes,
    }
    return Event(**values)  # type: ignore[arg-type]  # a table of changes has no types
