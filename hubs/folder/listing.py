"""`GET /api/models`: filter, sort and page over repositories.

Order is by one field, largest first, ties by `_id`, and missing values last. A page ends
with a cursor that says where the next one starts, so that rows are neither lost nor repeated when
others come and go in between.
"""

import base64
import json
import re
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from hubs.folder.answer import Denied
from hubs.folder.fields import EXPANDABLE, INFO_ONLY, LISTED, LISTED_FULL, describe, field
from hubs.folder.repository import Repository
from hubs.folder.shelf import current_tags

SORTS = ("createdAt", "lastModified", "downloads", "likes", "trendingScore")
_NUMBER = re.compile(r"[0-9]{1,9}")
Query = dict[str, list[str]]


def page(
    repositories: list[Repository], moved: dict[str, str], query: Query, page_size: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Rows of one page, and the cursor of the next. `moved`: former names.

    Raises Denied (400) on a bad parameter.
    """
    sort = query.get("sort", ["trendingScore"])[-1]
    if sort not in SORTS:
        raise Denied(400, f"Invalid sort {sort!r}: one of {', '.join(SORTS)}")
    limit = min(_limit(query, page_size), page_size)
    names = requested(query, EXPANDABLE - INFO_ONLY)
    tags = {repository.name: current_tags(repository, moved) for repository in repositories}
    ranked = sorted(
        (
            (_rank(repository, sort), repository)
            for repository in repositories
            if _matches(repository, tags[repository.name], query)
        ),
        key=itemgetter(0),
    )
    if "cursor" in query:
        start = _decode(query["cursor"][-1], sort)
        ranked = [entry for entry in ranked if entry[0] > start]
    rows = []
    for _, repository in ranked[:limit]:
        row = describe(repository, names)
        if "tags" in row:
            row["tags"] = tags[repository.name]
        rows.append(row if _expand(query) else {**row, "modelId": repository.name})
    more = len(ranked) > limit
    return rows, _encode(ranked[limit - 1][1], sort) if more else None


def requested(query: Query, allowed: Iterable[str]) -> list[str]:
    """The fields a listing asks for. Raises Denied (400) for one that cannot be had there."""
    if expand := _expand(query):
        if wrong := sorted(set(expand) - set(allowed)):
            raise Denied(400, f"Invalid expand {wrong[0]!r}: one of {', '.join(sorted(allowed))}")
        return expand
    names = list(LISTED_FULL if _truthy(query, "full") else LISTED)
    return names + [name for name in ("config", "cardData") if _truthy(query, name)]


def _expand(query: Query) -> list[str]:
    return query.get("expand", []) + query.get("expand[]", [])


def _truthy(query: Query, name: str) -> bool:
    return query.get(name, [""])[-1].lower() in ("true", "1")


def _limit(query: Query, default: int) -> int:
    given = query.get("limit", [str(default)])[-1]
    if not _NUMBER.fullmatch(given) or int(given) < 1:
        raise Denied(400, f"Invalid limit {given!r}: a number from 1")
    return int(given)


def _matches(repository: Repository, tags: list[str], query: Query) -> bool:
    if repository.hidden:
        return False
    known = {*tags, repository.pipeline, repository.library}
    wanted = [tag for given in query.get("filter", []) for tag in given.split(",")]
    author = query.get("author", [""])[-1]
    search = query.get("search", [""])[-1].lower()
    return (
        all(tag in known for tag in wanted)
        and (not author or repository.name.split("/")[0] == author)
        and search in repository.name.lower()
    )


class _Rank(tuple[Any, ...]):
    """(missing, value, _id), compared with the largest value first."""

    __slots__ = ()

    def __lt__(self, other: tuple[Any, ...]) -> bool:
        if self[0] != other[0]:
            return bool(self[0] < other[0])
        return bool(self[1] > other[1] or (self[1] == other[1] and self[2] < other[2]))

    def __gt__(self, other: tuple[Any, ...]) -> bool:
        return _Rank(other) < self


def _rank(repository: Repository, sort: str) -> _Rank:
    return _Rank((*_value(field(repository, sort), sort), repository.id))


def _value(value: object, sort: str) -> tuple[bool, Any]:
    dated = sort in ("createdAt", "lastModified")
    fits = isinstance(value, str if dated else int | float)
    return (not fits, value if fits else ("" if dated else 0))


def _encode(repository: Repository, sort: str) -> str:
    missing, value, identity = _rank(repository, sort)
    here = {sort: None if missing else value, "_id": {"$gt": identity}}
    rest = [] if missing else [{sort: {"$lt": value}}, {sort: None}]
    return base64.urlsafe_b64encode(json.dumps({"$or": [here, *rest]}).encode()).decode()


def _decode(cursor: str, sort: str) -> _Rank:
    try:
        here = json.loads(base64.urlsafe_b64decode(cursor))["$or"][0]
        return _Rank((*_value(here[sort], sort), str(here["_id"]["$gt"])))
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise Denied(400, "Invalid cursor: use the one of the Link header") from error
