"""Reads any number of objects of one device, in as few requests as the device accepts.

Remembers what the device taught it: how many objects fit into one answer (in ``learned``), and which objects an
SNMPv1 agent does not have. Requests are encoded once per list of objects and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from .ber import Missing, Oid, Value
from .client import Prepared, SnmpClient, Target, prepare
from .errors import AccessDenied, ErrorStatus, GenErr, NoSuchName, RequestTimeout, TooBig
from .learned import FEW_OBJECTS, LearnedSizes, octets_fit
from .pdu import Request, get_request

OBJECTS_ALWAYS_FIT = 10
"""An answer of so few stays near the 484 octets that every agent and path must carry (RFC 3417, section 3.2)."""
PREPARED_LISTS_KEPT = 1024
REQUESTS_SHARED = 4096


class BatchReader:
    """GETs long lists of objects from one target, piece by piece."""

    def __init__(self, client: SnmpClient, target: Target, sizes: LearnedSizes | None = None) -> None:
        self.target = target
        self.sizes = sizes or LearnedSizes()
        self.one_reply = False
        """Whether the latest ``read`` came in a single reply, hence from a single moment."""
        self._client = client
        self._prepared: dict[tuple[Oid, ...], Prepared] = {}
        self._prepared_by_id: dict[int, tuple[tuple[Oid, ...], Prepared]] = {}
        """The same by the ``id`` of the very tuple: to hash a list of objects takes longer than to decode them."""
        self._absent: set[Oid] = set()
        self._answers = False
        """Whether the device answered the latest request: a silence that follows may be a matter of size."""

    @property
    def objects_per_request(self) -> int:
        """Return how many objects are asked for in one request now."""
        return self.sizes.objects.value

    async def read(self, oids: Sequence[Oid]) -> list[Value]:
        """Return the value of each object, in order; objects that are not there are ``Missing``.

        ``tooBig`` halves the number of objects per request for a long time, and so does an answer that got lost
        when half of it arrives (fragments are dropped on some paths). That is tried only with a device that has
        just answered: a dead one costs a single deadline, and is asked for a few objects first the next time.
        An answer of more than 1,400 octets makes the next ones shorter.
        ``noSuchName`` (SNMPv1), ``genErr`` and a denied access are asked again without the object that the agent
        names, which is not asked for later either: one bad object does not hide the others.

        Raises
        ------
        SnmpError
            A piece got no answer or a refusal; nothing of the others is returned then.
        """
        values: list[Value] = [Missing.NO_SUCH_INSTANCE] * len(oids)
        absent = self._absent
        waiting = [n for n, oid in enumerate(oids) if oid not in absent] if absent else list(range(len(oids)))
        objects = self.sizes.objects
        fits = objects.most
        replies = 0
        while waiting:
            limit = min(objects.value, fits)
            piece = waiting[: limit if self._answers else min(limit, OBJECTS_ALWAYS_FIT)]
            try:
                asked = tuple(oids) if len(piece) == len(oids) else tuple([oids[position] for position in piece])
                found = await self._get(asked, alive=replies > 0)
            except TooBig:
                if len(piece) == 1:
                    raise
                objects.failed(len(piece), len(piece) // 2)
            except (NoSuchName, GenErr, AccessDenied) as error:
                if not 1 <= error.index <= len(piece):
                    raise
                position = piece[error.index - 1]
                absent.add(oids[position])
                waiting.remove(position)
            else:
                if len(found) == len(oids):
                    values = found
                else:
                    for position, value in zip(piece, found, strict=False):  # found may be the first half only
                        values[position] = value
                replies += 1
                waiting = waiting[len(found) :]
                if len(found) >= FEW_OBJECTS:
                    fits = octets_fit(len(found), self._client.reply_octets)
                    objects.succeeded(len(found), fits)
        self.one_reply = replies == 1
        return values

    def forget_absent(self) -> None:
        """Ask for everything again: the device's tables may have changed."""
        self._absent.clear()

    async def _get(self, oids: tuple[Oid, ...], *, alive: bool) -> list[Value]:
        """Read these objects, or fewer when no more comes through: half of them of a device known to be alive.

        More than it has ever answered may be too much for it: that is no sign that it is silent.
        """
        self._answers = False
        try:
            found = await self._client.get(self._prepare(oids))
        except ErrorStatus:
            self._answers = True
            raise
        except RequestTimeout:
            objects = self.sizes.objects
            if objects.on_trial(len(oids)):
                objects.failed(len(oids), objects.proven)
                found = await self._client.get(self._prepare(oids[: objects.proven]))
            elif not alive or len(oids) <= OBJECTS_ALWAYS_FIT:
                raise
            else:
                found = await self._client.get(self._prepare(oids[: len(oids) // 2]))
                objects.failed(len(oids), len(found))
        self._answers = True
        return found

    def _prepare(self, oids: tuple[Oid, ...]) -> Prepared:
        asked, known = self._prepared_by_id.get(id(oids), ((), None))
        if known is not None and asked is oids:
            return known
        prepared = self._prepared.get(oids)
        if prepared is None:
            if len(self._prepared) >= PREPARED_LISTS_KEPT:
                self._prepared.clear()
                self._prepared_by_id.clear()
            prepared = self._prepared[oids] = prepare(self.target, _shared_request(oids))
            self._prepared_by_id[id(oids)] = oids, prepared
        return prepared


@lru_cache(maxsize=REQUESTS_SHARED)
def _shared_request(oids: tuple[Oid, ...]) -> Request:
    """Encode a GET: most devices of a fleet are asked for the same objects, and keep one request together."""
    return get_request(oids)
