"""Who asked not to be listed: kept by name, which also covers what the catalog does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog import repositories
from catalog.bulk import select_among
from catalog.tables import OptOut

UNNAMED = "(not listed)"


@dataclass(frozen=True, slots=True)
class OptedOut:
    """Authors and repositories, in lower case: hubs tell names apart without it."""

    names: frozenset[str]

    def __contains__(self, name: str) -> bool:
        lowered = name.lower()
        return lowered in self.names or lowered.partition("/")[0] in self.names

    def conceal(self, text: str) -> str:
        """The text without the names of theirs that it mentions."""
        return _mention(self.names).sub(UNNAMED, text) if self.names else text


@lru_cache(maxsize=1)
def _mention(names: frozenset[str]) -> re.Pattern[str]:
    """A repository's name, alone or in an address, if it is one of these or one of theirs."""
    ones = sorted(
        re.escape(name) if "/" in name else f"{re.escape(name)}/[\\w.-]*\\w" for name in names
    )
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(ones)})(?![\w-]|\.\w)", re.IGNORECASE)


def keep(session: Session, authors: Iterable[str], names: Iterable[str]) -> list[int]:
    """Make these all who opted out, in lower case. Returns the ids of their repositories.

    A repository that has another name by now is kept under that one too.
    """
    theirs = OptedOut(frozenset(authors) | frozenset(names))
    ids = repositories.belonging(session, authors, names) if theirs.names else []
    called = {name for name in _names_of(session, ids) if name not in theirs}
    known = set(session.scalars(select(OptOut.name)))
    if known != (wanted := theirs.names | called):
        session.execute(delete(OptOut))
        session.add_all(OptOut(name=name) for name in sorted(wanted))
    return ids


def _names_of(session: Session, ids: Sequence[int]) -> list[str]:
    sql = "SELECT lower(name) FROM repositories WHERE id IN"
    return [name for (name,) in select_among(session, sql, ids)]


def opted_out(session: Session) -> OptedOut:
    """All who opted out, as the last crawl was told."""
    return OptedOut(frozenset(session.scalars(select(OptOut.name))))
