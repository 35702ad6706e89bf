"""Every way in which an SNMP operation can fail, as one tree.

    SnmpError
    ├── RequestTimeout            no acceptable answer before the deadline   (also TimeoutError)
    ├── SendFailed                the request could not leave this machine   (also OSError)
    ├── Malformed                 octets that are not what the RFCs say      (also ValueError)
    └── ErrorStatus               the agent answered with an error-status (RFC 3416, section 3)
        ├── TooBig
        ├── NoSuchName
        ├── GenErr
        └── AccessDenied          noAccess and authorizationError

No message ever contains a community or key: they end up in logs and on pages.
"""

from __future__ import annotations


class SnmpError(Exception):
    """Any failure of an SNMP operation; ``reason`` is a short fixed word for counters."""

    reason = "error"


class RequestTimeout(SnmpError, TimeoutError):
    """No acceptable answer came before the deadline of the whole operation."""

    reason = "timeout"


class SendFailed(SnmpError, OSError):
    """The request could not be sent: no route, no such address, no permission."""

    reason = "send_failed"


class Malformed(SnmpError, ValueError):
    """A datagram or value breaks BER or the message format."""

    reason = "malformed"


class ErrorStatus(SnmpError):
    """The agent answered with a non-zero error-status.

    ``index`` is the 1-based position of the object at fault, 0 when the agent names none.
    """

    reason = "error_status"

    def __init__(self, status: int, index: int) -> None:
        super().__init__(f"error-status {status} ({STATUS_NAMES.get(status, 'unknown')}) at object {index}")
        self.status = status
        self.index = index


class TooBig(ErrorStatus):
    """The answer would not fit into one message."""

    reason = "too_big"


class NoSuchName(ErrorStatus):
    """SNMPv1: the object named by ``index`` does not exist."""

    reason = "no_such_name"


class GenErr(ErrorStatus):
    """The agent failed for a reason that it does not name."""

    reason = "gen_err"


class AccessDenied(ErrorStatus):
    """The agent refuses these credentials the object."""

    reason = "access_denied"


STATUS_NAMES = {
    1: "tooBig", 2: "noSuchName", 3: "badValue", 4: "readOnly", 5: "genErr", 6: "noAccess", 7: "wrongType",
    8: "wrongLength", 9: "wrongEncoding", 10: "wrongValue", 11: "noCreation", 12: "inconsistentValue",
    13: "resourceUnavailable", 14: "commitFailed", 15: "undoFailed", 16: "authorizationError",
    17: "notWritable", 18: "inconsistentName",
}  # fmt: skip
_CLASSES = {1: TooBig, 2: NoSuchName, 5: GenErr, 6: AccessDenied, 16: AccessDenied}


def error_for_status(status: int, index: int) -> ErrorStatus:
    """Return the typed error for a non-zero error-status."""
    return _CLASSES.get(status, ErrorStatus)(status, index)
