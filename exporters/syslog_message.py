"""One event as a message of RFC 5424. Pure text: nobody outside can put a line, a field or a message into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from phusong.exporters.events import LONGEST_DETAIL, Event, plain, rfc3339

FACILITIES: Final[Mapping[str, int]] = {
    "user": 1,
    "daemon": 3,
    "auth": 4,
    "authpriv": 10,
    **{f"local{number}": 16 + number for number in range(8)},
}
APP_NAME: Final = "phusong"
SD_ID: Final = "phusong@32473"
"""32473 is the enterprise number for documentation (RFC 5612): this project has none of its own."""
USUAL_MOST_BYTES: Final = 2048
"""What every receiver should take (RFC 5424, section 6.1); the free text is shortened to stay within it."""
_BOM: Final = b"\xef\xbb\xbf"


def syslog_message(event: Event, *, facility: int, hostname: str, process_id: int) -> bytes:
    """Return the message: header, one element of structured data, and a sentence in UTF-8 behind its BOM."""
    priority = facility * 8 + event.severity
    header = (
        f"<{priority}>1 {rfc3339(event.time)} {_header_field(hostname, 255)} {APP_NAME} "
        f"{process_id} {_header_field(event.kind, 32)} "
    )
    parameters = "".join(f' {name}="{_escaped(text)}"' for name, text in _parameters(event))
    head = f"{header}[{SD_ID}{parameters}]".encode()
    room = USUAL_MOST_BYTES - len(head) - 1 - len(_BOM)
    if room <= 0:
        return head
    sentence = plain(_sentence(event), USUAL_MOST_BYTES).encode()[:room].decode("utf-8", "ignore").encode()
    return head + b" " + _BOM + sentence


def _header_field(text: str, longest: int) -> str:
    """Return printable US-ASCII without spaces, ``-`` when nothing is left."""
    return "".join(char for char in text if "!" <= char <= "~")[:longest] or "-"


def _escaped(text: str) -> str:
    """Return the value of a parameter (RFC 5424, section 6.3.3)."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("]", r"\]")


def _parameters(event: Event) -> Iterator[tuple[str, str]]:
    """Yield what is known, under the names of the JSON form; those of the object without their block."""
    about = event.object
    yield "id", plain(event.id)
    for name, text in (
        ("object_type", about.type),
        ("object_id", about.id),
        ("object_name", about.name),
        ("site", about.site),
        ("site_name", about.site_name),
        ("carrier", about.carrier),
        ("commune", about.commune),
        ("commune_name", about.commune_name),
        ("before", event.before),
        ("after", event.after),
        ("since", "" if event.since is None else rfc3339(event.since)),
        ("rule", event.rule),
        ("cause", event.cause),
    ):
        if shown := plain(text):
            yield name, shown
    if detail := plain(event.detail, LONGEST_DETAIL):
        yield "detail", detail


def _sentence(event: Event) -> str:
    about = event.object
    where = ", ".join(text for text in (about.name, about.site_name, about.commune_name, about.carrier) if text)
    change = f"{event.before} -> {event.after}" if event.before or event.after else str(event.kind)
    why = ", ".join(text for text in (event.rule, event.cause, event.detail) if text)
    return f"{about.type} {about.id}{f' ({where})' if where else ''}: {change}{f' ({why})' if why else ''}"
