"""The two languages of the dashboards: English stands in the code, Vietnamese in the table of ``vietnamese``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from phusong.exporters import status_words
from phusong.exporters.grafana.vietnamese import VIETNAMESE_WORDS


class NotTranslated(KeyError):
    """A text has no Vietnamese: it must be added to ``vietnamese``."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language; ``states`` are the names that the status page gives verdicts and states of offices."""

    language: str
    states: status_words.Words
    translations: Mapping[str, str] | None = None

    def say(self, english: str) -> str:
        """Return the text in this language.

        Raises
        ------
        NotTranslated
            The table has no such text.
        """
        if self.translations is None:
            return english
        try:
            return self.translations[english]
        except KeyError:
            raise NotTranslated(f"exporters/grafana/vietnamese.py has no line for {english!r}: add one") from None

    def uid(self, name: str) -> str:
        """Return the fixed identity of a dashboard; both languages live side by side in one Grafana."""
        return f"phusong-{name}" if self.translations is None else f"phusong-{name}-{self.language}"

    @property
    def tag(self) -> str:
        """The tag that all dashboards of this language share, by which they link to each other."""
        return f"phusong-{self.language}"


ENGLISH = Words("en", status_words.ENGLISH)
VIETNAMESE = Words("vi", status_words.VIETNAMESE, VIETNAMESE_WORDS)
