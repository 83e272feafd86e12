"""Who is still to be screened, by what listings say."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from catalog.bulk import read_many
from catalog.words import Status


class Kind(NamedTuple):
    """What screening looks at, which many members have in common.

    config: as JSON. shared: whether it is a member of several families.
    """

    missing: bool
    disabled: bool
    private: bool
    architecture: str | None
    parameters: int | None
    config: str
    relation: str | None
    shared: bool


def unscreened(
    session: Session, family_id: int, after: int, limit: int, *, again: bool
) -> list[tuple[Any, ...]]:
    """(repository id, commit, a Kind's fields) of members without a checkpoint at that commit.

    Also of those that the hub had withdrawn and has again. By repository id, `after` one. again:
    also those whose checkpoint was left unvetted.
    """
    new = f"checkpoints.id IS NULL OR {_BACK}"
    if again:
        new += f" OR checkpoints.status = '{Status.UNVETTED.value}'"
    return read_many(session, _UNSCREENED.format(new=new), (family_id, after, limit))


_BACK = """
(reason = 'missing' AND missing_since IS NULL) OR (reason = 'disabled' AND NOT disabled)
OR (reason = 'private' AND NOT private)
"""
_UNSCREENED = """
SELECT repositories.id, repositories.sha, missing_since IS NOT NULL, disabled, private,
  architecture, repositories.parameters, config, members.relation,
  (SELECT count(*) > 1 FROM members AS homes WHERE homes.repository_id = repositories.id)
FROM members
CROSS JOIN repositories ON repositories.id = members.repository_id
LEFT JOIN checkpoints
  ON checkpoints.repository_id = repositories.id AND checkpoints.sha = repositories.sha
WHERE family_id = ? AND members.repository_id > ? AND repositories.sha IS NOT NULL AND ({new})
ORDER BY members.repository_id LIMIT ?
"""
