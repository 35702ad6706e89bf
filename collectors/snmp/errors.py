"""Every way in which an SNMP operation can fail, as one tree.

    SnmpError
    ├── RequestTimeout            no acceptable answer before the deadline   (also TimeoutError)
    ├── SendFailed                the request could not leave this machine   (also OSError)
    ├── Malformed                 octets that are not what the RFCs say      (also ValueError)
    ├── ErrorStatus               the agent answered with an error-status (RFC 3416, section 3)
    │   ├── TooBig
    │   ├── NoSuchName
    │   ├── GenErr
    │   └── AccessDenied          noAccess and authorizationError
    └── SecurityReport            the agent answered with a report of SNMPv3 (RFC 3414, section 3.2)
        ├── UnsupportedSecurityLevel
        ├── NotInTimeWindow       also after its clock was taken over
        ├── AuthFailure           UnknownUser, WrongDigest: the user name or the authentication password
        ├── DecryptionFailed      the privacy protocol, its key extension or its password
        └── UnknownContext

No message ever contains a community or key: they end up in logs and on pages.
"""

from __future__ import annotations


class SnmpError(Exception):
    """Any failure of an SNMP operation; ``reason`` is a short fixed word for counters."""

    reason = "error"


class RequestTimeout(SnmpError, TimeoutError):
    """No acceptable answer came before the deadline of the whole operation.

    ``answered_from`` is another address from which a message with an id of ours came, and so was not accepted: the
    device itself with another of its addresses, most likely, for which the inventory has ``reply_from``.
    """

    reason = "timeout"

    def __init__(self, message: str = "", answered_from: str = "") -> None:
        super().__init__(message)
        self.answered_from = answered_from


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


class SecurityReport(SnmpError):
    """The agent refuses a message of SNMPv3 and says why; unless it is signed, anybody may have said so."""

    reason = "security_report"


class UnsupportedSecurityLevel(SecurityReport):
    """The user may not ask at this level, or the agent lacks the protocol."""

    reason = "unsupported_security_level"


class NotInTimeWindow(SecurityReport):
    """The agent finds the request too old, also after it told us its clock."""

    reason = "not_in_time_window"


class AuthFailure(SecurityReport):
    """The agent does not accept who we are."""

    reason = "auth_failure"


class UnknownUser(AuthFailure):
    """The agent does not know the user name."""

    reason = "unknown_user"


class WrongDigest(AuthFailure):
    """The agent finds our signature wrong: another password or protocol for authentication."""

    reason = "wrong_digest"


class DecryptionFailed(SecurityReport):
    """The agent cannot decrypt the request: another password, protocol or key extension for privacy."""

    reason = "decryption_failed"


class UnknownContext(SecurityReport):
    """The agent has no such contextName, or not now."""

    reason = "unknown_context"


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


_USM_STATS = (1, 3, 6, 1, 6, 3, 15, 1, 1)
_SNMP_TARGET = (1, 3, 6, 1, 6, 3, 12, 1)
UNKNOWN_ENGINE_IDS = (*_USM_STATS, 4)
_REPORTS: dict[tuple[int, ...], tuple[type[SecurityReport], str]] = {
    (*_USM_STATS, 1): (UnsupportedSecurityLevel, "the device does not support this security level for the user"),
    (*_USM_STATS, 2): (NotInTimeWindow, "the device finds the request outside its time window"),
    (*_USM_STATS, 3): (UnknownUser, "the device does not know the user"),
    (*_USM_STATS, 5): (WrongDigest, "the device refuses the authentication: wrong password or protocol"),
    (*_USM_STATS, 6): (
        DecryptionFailed,
        "the device cannot decrypt: wrong privacy password, protocol or key extension",
    ),
    (*_SNMP_TARGET, 4): (UnknownContext, "the context is not available on the device"),
    (*_SNMP_TARGET, 5): (UnknownContext, "the device does not know the context"),
}


def error_for_report(oid: tuple[int, ...]) -> SecurityReport:
    """Return the typed error for a report, by the counter it names with or without its instance."""
    found = _REPORTS.get(oid) or _REPORTS.get(oid[:-1])
    if found is None:
        return SecurityReport("the device answered with a report of an unknown kind")
    kind, text = found
    return kind(text)
