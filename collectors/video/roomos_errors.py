"""Every way in which a codec's answer can be no good, as one tree.

    RoomosError
    ├── AccountRefused    it does not accept user and password                  (also PermissionError)
    ├── LocationRefused   it has no answer for this location                    (also LookupError)
    ├── Redirected        it points to another page instead of answering
    └── BadStatusXml      no XML, not a status document, or more than is read   (also ValueError)

What fails on the way to it is a ``ServiceError`` of ``services.connection``.
No message ever contains a password, nor any text of the codec's: it has read the password, too.
"""

from __future__ import annotations


class RoomosError(Exception):
    """Any failure of asking a codec that did answer."""


class AccountRefused(RoomosError, PermissionError):
    """The codec does not accept the account: it is not tried again, for accounts get locked."""


class LocationRefused(RoomosError, LookupError):
    """The codec says in its answer, or by its HTTP status, that it has nothing to give for this location."""


class Redirected(RoomosError):
    """The codec points elsewhere, as to a page that it shows while it boots: that refuses nothing for good."""


class BadStatusXml(RoomosError, ValueError):
    """The answer is not a status document that can be read."""
