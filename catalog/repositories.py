"""Repositories as the hub lists them: identity, names past and present, absence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Table, and_, func, or_, select, update
from sqlalchemy.orm import Session

from catalog.bulk import insert_many, next_key, read_many, run_many, select_among, stored_moment
from catalog.tables import Alias, Member, Repository

_REPOSITORIES: Table = Repository.__table__  # type: ignore[assignment]
_ALIASES: Table = Alias.__table__  # type: ignore[assignment]


class Listing(NamedTuple):
    """What a listing says of one repository, checked, in the form that the catalog keeps.

    Moments: as `stored_moment` gives them. config: only the keys that we use, as JSON.
    """

    hub_id: str
    name: str
    sha: str | None
    created_at: str | None
    modified_at: str | None
    gated: str | None
    disabled: bool
    private: bool
    license: str | None
    architecture: str | None
    parameters: int | None
    downloads: int | None
    downloads_all_time: int | None
    likes: int | None
    config: str


Met = Mapping[str, tuple[int, str]]
"""Ids and names of repositories, by hub id."""


@dataclass(frozen=True, slots=True)
class Stored:
    """ids: of the listed repositories, by hub id. fresh: the ids of those that are new to us.

    renamed: ids of those that have another name than before, by that.
    """

    ids: dict[str, int]
    fresh: range
    renamed: dict[str, int]

    @property
    def named(self) -> bool:
        """Whether there is any name that was not there before."""
        return bool(self.fresh or self.renamed)


def store(
    session: Session,
    hub: str,
    listings: Iterable[Listing],
    now: datetime,
    known: Met | None = None,
) -> Stored:
    """Insert or update repositories by their hub id; a name that changed becomes an alias.

    known: what `met` says of them, if that was asked before.
    """
    listed = {listing.hub_id: listing for listing in listings}
    if known is None:
        known = met(session, hub, list(listed))
    seen = stored_moment(now)
    ids: dict[str, int] = {}
    renamed: dict[str, int] = {}
    fresh: list[tuple[Any, ...]] = []
    again: list[tuple[Any, ...]] = []
    former: list[tuple[int, str, str | None]] = []
    moved: list[tuple[str, str, int]] = []
    first = following = next_key(session, _REPOSITORIES)
    for hub_id, listing in listed.items():
        name = listing.name
        if hub_id in known:
            key, before = known[hub_id]
            again.append((seen, *listing[2:], key))
            if before != name:
                former.append((key, before, seen))
                moved.append((name, name.partition("/")[0], key))
                renamed[name] = key
        else:
            key, following = following, following + 1
            fresh.append((key, hub, name.partition("/")[0], seen, seen, *listing))
        ids[hub_id] = key
    insert_many(session, _REPOSITORIES, _FRESH, fresh)
    run_many(session, _AGAIN, again)
    insert_many(session, _ALIASES, ("repository_id", "name", "until"), former)
    run_many(session, "UPDATE repositories SET name = ?, author = ? WHERE id = ?", moved)
    return Stored(ids, range(first, following), renamed)


_FRESH = ("id", "hub", "author", "first_seen", "last_seen", *Listing._fields)
_AGAIN = f"""
UPDATE repositories SET last_seen = ?, missing_since = NULL,
{", ".join(f"{column} = ?" for column in Listing._fields[2:])} WHERE id = ?
"""


def ids_of_names(session: Session, hub: str, names: Iterable[str]) -> dict[str, int]:
    """Repository ids by name; a former name leads to what it is called now.

    Of several with one name, the one that was seen last has it now.
    """
    wanted = list(set(names))
    present = "SELECT name, id, missing_since IS NULL, last_seen FROM repositories"
    rows = select_among(session, f"{present} WHERE hub = ? AND name IN", wanted, hub)
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    if len(found) < len(rows):
        found = {row[0]: row[1] for row in sorted(rows, key=itemgetter(2, 3, 1))}
    former = [name for name in wanted if name not in found]
    if former and session.scalar(select(Alias.id).limit(1)) is not None:
        aliases = "SELECT aliases.until, repository_id, aliases.name FROM aliases"
        of_hub = "JOIN repositories ON repositories.id = repository_id AND repositories.hub = ?"
        older = select_among(session, f"{aliases} {of_hub} WHERE aliases.name IN", former, hub)
        older.sort()
        found.update({name: key for _, key, name in older})
    return found


def named(session: Session, name: str, hub: str | None = None) -> Repository | None:
    """The repository of that name, or of that former name."""
    hubs = select(Repository.hub).distinct() if hub is None else None
    for where in [hub] if hubs is None else session.scalars(hubs).all():
        assert where is not None, "every repository has a hub"
        found = ids_of_names(session, where, [name])
        if found:
            return session.get(Repository, found[name])
    return None


def former_names(session: Session, repository_id: int) -> list[str]:
    """Names that it had before, oldest first."""
    query = select(Alias.name).where(Alias.repository_id == repository_id).order_by(Alias.until)
    return list(session.scalars(query))


def belonging(session: Session, authors: Iterable[str], names: Iterable[str]) -> list[int]:
    """Repositories of these authors, or that have or had one of these names; both in lower case."""
    called = list(names)
    former = select(Alias.repository_id).where(func.lower(Alias.name).in_(called))
    theirs = or_(
        func.lower(Repository.author).in_(list(authors)),
        func.lower(Repository.name).in_(called),
        Repository.id.in_(former),
    )
    return list(session.scalars(select(Repository.id).where(theirs)))


def also_called(session: Session, repository_id: int, name: str, now: datetime) -> None:
    """Note a former name that the hub still answers to."""
    rows = [(repository_id, name, stored_moment(now))]
    insert_many(session, _ALIASES, ("repository_id", "name", "until"), rows)


def newly_met(session: Session, hub: str, since: datetime, made_before: datetime) -> list[str]:
    """Names of what was met for the first time `since` then, and was made before another moment."""
    met, made = stored_moment(since), stored_moment(made_before)
    return [name for (name,) in read_many(session, _NEWLY_MET, (met, met, hub, made))]


# `+hub` keeps SQLite from going through all of a hub: little of it was listed on most nights.
_NEWLY_MET = """
SELECT name FROM repositories
WHERE last_seen >= ? AND first_seen >= ? AND +hub = ? AND created_at < ?
ORDER BY id
"""


class Absent(NamedTuple):
    repository_id: int
    hub_id: str
    name: str


def unseen(
    session: Session, hub: str, families: Sequence[int], since: datetime, after: int, limit: int
) -> list[Absent]:
    """Members that a crawl begun at `since` has not met and that are not known to be missing.

    In order of id, beginning `after` one.
    """
    members = select(Member.repository_id).where(Member.family_id.in_(families))
    rows = session.execute(
        select(Repository.id, Repository.hub_id, Repository.name)
        .where(
            Repository.hub == hub,
            Repository.id > after,
            Repository.id.in_(members),
            and_(Repository.last_seen < since, Repository.missing_since.is_(None)),
        )
        .order_by(Repository.id)
        .limit(limit)
    )
    return [Absent(*row) for row in rows]


def mark_missing(session: Session, repository_ids: Sequence[int], now: datetime) -> None:
    """These are no longer on the hub; `store` brings back those that are."""
    session.execute(
        update(Repository)
        .where(
            Repository.id.in_(repository_ids),
            or_(Repository.missing_since.is_(None), Repository.missing_since > now),
        )
        .values(missing_since=now)
    )


def met(session: Session, hub: str, hub_ids: Sequence[str]) -> Met:
    """Those of these repositories that the catalog has."""
    sql = "SELECT hub_id, id, name FROM repositories WHERE hub = ? AND hub_id IN"
    rows = select_among(session, sql, hub_ids, hub)
    return {hub_id: (key, name) for hub_id, key, name in rows}
