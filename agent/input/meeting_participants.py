"""Which endpoints a word in a list of meetings stands for: ids, ``all``, selections by place, names in calendars.

Pure: the inventory goes in once, ids come out in its order. Files are read in ``meeting_table`` and
``meeting_calendar``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from phusong.agent.inventory import Inventory
from phusong.coverage.editions import district_key, folded

from .inventory_columns import SITE_KINDS
from .problems import listed, nearest, shown

ALL = "all"
SELECTORS = ("district", "site", "kind")
_SELECTOR = re.compile(rf"({'|'.join(SELECTORS)}) ?:(.*)", re.IGNORECASE)
_NEXT_SELECTOR = re.compile(rf" (?=(?:{'|'.join(SELECTORS)}) ?:)", re.IGNORECASE)
_SEPARATORS = re.compile(r"[,;\r\n]+")
_SCHEME = re.compile(r"(mailto|sips?):", re.IGNORECASE)
_AFTER_HOST = re.compile(r"(?::[0-9]+)?(?:[;?].*)?$")
_LONGEST_DISTRICT = 8
"""Words in the name of a district."""
_MAX_HINTS = 50
"""Near names are looked for that often: each look goes through all names."""
_REMEDY = f"write ids of endpoints.csv, {ALL}, district:NAME, site:SITE_ID or kind:KIND"


@dataclass(frozen=True, slots=True)
class Selection:
    """Endpoints in the order of the inventory, each once, and what is wrong: (what, remedy) of each bad word."""

    endpoint_ids: tuple[str, ...]
    faults: tuple[tuple[str, str], ...] = ()


class Participants:
    """The endpoints of one inventory by everything that can stand for them.

    Parameters
    ----------
    inventory : Inventory
        Whose endpoints they are.
    districts : mapping of str to str
        The district of each commune code; empty in an edition that has none.
    """

    def __init__(self, inventory: Inventory, districts: Mapping[str, str]) -> None:
        self._endpoints = tuple(inventory.endpoints)
        self._places = {key: place for place, key in enumerate(self._endpoints)}
        self._sites = inventory.sites
        by_site, by_kind, by_district = (defaultdict[str, list[str]](list) for _ in range(3))
        for key, endpoint in inventory.endpoints.items():
            site = inventory.sites[endpoint.site_id]
            by_site[site.site_id].append(key)
            by_kind[site.kind].append(key)
            by_district[district_key(districts.get(site.commune_code, ""))].append(key)
        self._members = {"site": by_site, "kind": by_kind, "district": by_district}
        self._district_names = {district_key(name): name for name in districts.values() if name}
        self._by_word = _words(inventory)
        self._remedies: dict[tuple[str, str], str] = {}

    def select(self, cell: str) -> Selection:
        """Read a list of words with spaces, commas or semicolons between them.

        The name of a district may have spaces: of what follows ``district:`` as much belongs to it as makes a
        known name.
        """
        chosen: set[str] = set()
        faults: dict[tuple[str, str], None] = {}
        for part in _SEPARATORS.split(cell):
            for phrase in _NEXT_SELECTOR.split(" ".join(part.split())):
                for found in self._read_phrase(phrase):
                    chosen.update(found.endpoint_ids)
                    faults.update(dict.fromkeys(found.faults))
        return Selection(self.ordered(chosen), tuple(faults))

    def named(self, text: str) -> tuple[str, ...]:
        """Return the endpoint that a text of a calendar names by id, SIP address or name; nothing without one.

        Case, diacritics and ``mailto:`` or ``sip:`` do not matter. A name that several endpoints bear names
        none of them.
        """
        found = self._by_word.get(_address(text)) or self._by_word.get(folded(text))
        return (found,) if found else ()

    def meant(self, text: str) -> tuple[str, ...]:
        """Return the endpoints of a resource of a calendar: the one it names, or those that ``select`` finds.

        A text with any word that selects nothing is no selection: it may be about anything.
        """
        if found := self.named(text):
            return found
        chosen = self.select(text)
        return () if chosen.faults else chosen.endpoint_ids

    def ordered(self, endpoint_ids: Iterable[str]) -> tuple[str, ...]:
        """Return the ids in the order of the inventory, each once."""
        return tuple(sorted(set(endpoint_ids), key=self._places.__getitem__))

    def _read_phrase(self, phrase: str) -> Iterable[Selection]:
        selector = _SELECTOR.match(phrase)
        words = phrase.split()
        if selector is not None:
            kind = selector[1].lower()
            words = selector[2].split()
            taken = self._name_length(kind, words)
            yield self._by_selector(kind, " ".join(words[:taken]))
            words = words[taken:]
        for word in dict.fromkeys(words):
            yield self._by_id(word)

    def _name_length(self, kind: str, words: list[str]) -> int:
        """Return how many words are the name after a selector: the most that are known, else all of a district."""
        if kind != "district":
            return 1
        lengths = range(min(len(words), _LONGEST_DISTRICT), 0, -1)
        return next((n for n in lengths if district_key(" ".join(words[:n])) in self._district_names), len(words))

    def _by_id(self, word: str) -> Selection:
        if word.lower() == ALL:
            return Selection(self._endpoints)
        if word in self._places:
            return Selection((word,))
        remedy = self._remedy("endpoint", word, {key: key for key in self._places})
        return Selection((), ((f"unknown endpoint {shown(word)}", remedy),))

    def _by_selector(self, kind: str, name: str) -> Selection:
        if not name:
            return Selection((), ((f"nothing follows {kind}:", f"write the {kind} right after the colon"),))
        if kind == "district" and not self._district_names:
            remedy = "use ids, site: or kind:, or another edition in phusong.yaml"
            return Selection((), ((f"{shown(name)} is no district: this edition has none", remedy),))
        known = self._known(kind)
        key = district_key(name) if kind == "district" else name
        if key not in known:
            what = f"unknown {kind if kind != 'kind' else 'kind of site'} {shown(name)}"
            return Selection((), ((what, self._remedy(kind, key, known)),))
        members = self._members[kind].get(key, [])
        if not members:
            return Selection((), ((f"{kind}:{shown(name)} has no endpoint", "remove it, or add its endpoint"),))
        return Selection(tuple(members))

    def _known(self, kind: str) -> Mapping[str, str]:
        """Return the names that may follow a selector, as they are written, by the form that is compared."""
        if kind == "district":
            return self._district_names
        return {name: name for name in (self._sites if kind == "site" else SITE_KINDS)}

    def _remedy(self, kind: str, text: str, known: Mapping[str, str]) -> str:
        """Return the near name of an unknown one; for the first few, as each search takes its time."""
        otherwise = _REMEDY + listed(set(known.values()))
        if (kind, text) not in self._remedies and len(self._remedies) < _MAX_HINTS:
            near = nearest(text, known)
            self._remedies[kind, text] = f"did you mean {shown(known[near])}?" if near is not None else otherwise
        return self._remedies.get((kind, text), otherwise)


def _words(inventory: Inventory) -> dict[str, str]:
    """Return the endpoint by each word that means one only; ids go before addresses, addresses before names."""
    ids, addresses, names = (defaultdict[str, list[str]](list) for _ in range(3))
    for key, endpoint in inventory.endpoints.items():
        ids[key.casefold()].append(key)
        addresses[_address(endpoint.sip_uri)].append(key)
        names[folded(endpoint.name)].append(key)
    words = {}
    for spellings in (names, addresses, ids):
        words.update({word: keys[0] for word, keys in spellings.items() if word and len(keys) == 1})
    return words


def _address(text: str) -> str:
    """Return a mail or SIP address without scheme, port and parameters, in small letters."""
    text = text.strip().casefold()
    if "@" not in text and _SCHEME.match(text) is None:
        return text
    return _AFTER_HOST.sub("", _SCHEME.sub("", text, count=1).strip(" <>"))
