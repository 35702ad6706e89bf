"""The shape of ``video`` and ``services`` in ``phusong.yaml``: keys, types and limits, as pydantic models."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, PlainValidator

from phusong.agent.inventory import EndpointService

from .inventory_cells import CellError
from .service_cells import MOST_SERVICES, NONE, OF_ENDPOINTS, parse_service
from .shape import Shape, Text, duration, refuse

DEFAULT_SERVICES = OF_ENDPOINTS
ACCOUNT_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_USER = re.compile(r"[!-9;-~]{1,64}")


def _parse_service(value: object) -> EndpointService:
    if not isinstance(value, str):
        raise refuse("must be the name of a service", f"write {', '.join(OF_ENDPOINTS)}")
    if value == NONE:
        raise refuse("is no service", "write services: [] where none is to be asked")
    try:
        return parse_service(value)
    except CellError as error:
        raise refuse(error.what, error.remedy) from None


def _parse_meetings(value: object) -> object:
    if isinstance(value, str) and not value.casefold().endswith((".csv", ".ics")):
        raise refuse("must end in .csv or .ics", "name a table of meetings, or an iCalendar file")
    return value


def _check_names(value: object) -> object:
    """Refuse names that cannot be used, here already: no other message is to repeat them."""
    if isinstance(value, dict) and not all(ACCOUNT_NAME.fullmatch(name) for name in value):
        raise refuse(
            "has a name that cannot be used", "use up to 64 letters, digits, dots, dashes and underscores"
        )
    return value


def _parse_user(value: object) -> object:
    if isinstance(value, str) and _USER.fullmatch(value) is None:
        raise refuse("is no user name", "write 1 to 64 ASCII characters without blanks and colons")
    return value


Services = Annotated[
    list[Annotated[EndpointService, PlainValidator(_parse_service)]], Field(max_length=MOST_SERVICES)
]
MeetingsFile = Annotated[Text, BeforeValidator(_parse_meetings)]


class AccountShape(Shape):
    """An account by which endpoints are read over HTTPS: reading is all that it may be allowed."""

    user: Annotated[str, BeforeValidator(_parse_user)]
    password_file: Text


class CallLimitsShape(Shape):
    """Beyond which a call is poor."""

    loss: Annotated[float, Field(gt=0, le=1)] = 0.01
    jitter: Annotated[float, duration(0.001, 10)] = 0.035
    latency: Annotated[float, duration(0.001, 10)] = 0.150


class VideoShape(Shape):
    """How video-conference endpoints are asked beside SNMP, and what a meeting needs."""

    services: Services = Field(default_factory=lambda: [_parse_service(name) for name in DEFAULT_SERVICES])
    interval: Annotated[float, duration(1, 3600)] = 60.0
    timeout: Annotated[float, duration(0.1, 30)] = 3.0
    ca_file: Text | None = None
    accounts: Annotated[dict[str, AccountShape], BeforeValidator(_check_names)] = Field(default_factory=dict)
    show_far_end: bool = False
    call_limits: CallLimitsShape = CallLimitsShape()
    meetings: MeetingsFile | None = None
    ready_before: Annotated[float, duration(60, 48 * 3600)] = 3600.0
    hd_mbps: Annotated[float, Field(gt=0, le=1000)] = 2.0


class ServicesShape(Shape):
    """How the services of services.csv are asked."""

    interval: Annotated[float, duration(1, 3600)] = 60.0
    timeout: Annotated[float, duration(0.1, 60)] = 10.0
    ca_file: Text | None = None
