"""What the catalog holds, as the pages look at it: one view for each family and suite."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from operator import attrgetter

from catalog.database import Session
from catalog.reports.boards import Board, FamilyFacts, boards, families
from catalog.reports.changes import Change, changes
from catalog.reports.kinship import Kinship, kinship
from catalog.reports.popularity import family_downloads
from catalog.reports.standings import Effort, Standing, popular_unevaluated, standings
from catalog.reports.unranked import Unranked, unranked
from catalog.words import Verdict
from leaderboard.paths import Addresses, slug


@dataclass(frozen=True)
class View:
    """A family as one suite sees it; without a board, no scan of it has finished yet.

    downloads: the latest of every member, excluded ones too, by repository id, as of `day`.
    unmet: popular checkpoints that the scan has no score of, by name, and why.
    """

    family: FamilyFacts
    board: Board | None
    standings: tuple[Standing, ...]
    kinship: Kinship
    day: date | None
    downloads: dict[int, int]
    slug: str
    unmet: tuple[tuple[str, str], ...]

    @property
    def path(self) -> str:
        return f"families/{self.slug}.html"

    @cached_property
    def finalists(self) -> tuple[Standing, ...]:
        return tuple(s for s in self.standings if s.overall.verdict != Verdict.ELIMINATED)

    @cached_property
    def eliminated(self) -> tuple[Standing, ...]:
        return tuple(s for s in self.standings if s.overall.verdict == Verdict.ELIMINATED)

    @cached_property
    def gems(self) -> tuple[Standing, ...]:
        return tuple(s for s in self.finalists if s.overall.verdict == Verdict.GEM)

    @cached_property
    def contenders(self) -> tuple[Standing, ...]:
        return tuple(s for s in self.finalists if s.overall.verdict == Verdict.CONTENDER)

    @cached_property
    def roots(self) -> tuple[Standing, ...]:
        """The best first."""
        roots = [s for s in self.standings if s.root and s.overall.score is not None]
        return tuple(sorted(roots, key=lambda s: -(s.overall.score or 0.0)))

    @cached_property
    def popular(self) -> tuple[Standing, ...]:
        """The best first."""
        popular = [s for s in self.standings if s.popular and s.overall.score is not None]
        return tuple(sorted(popular, key=lambda s: -(s.overall.score or 0.0)))

    @cached_property
    def blocked(self) -> bool:
        """Whether a popular checkpoint was not evaluated, a root among them: nothing is proven."""
        return bool(self.unmet or (self.board is not None and self.board.report.get("blocking")))

    @cached_property
    def categories(self) -> tuple[str, ...]:
        return tuple(sorted({c for s in self.standings for c in s.categories}))

    @cached_property
    def ranks(self) -> dict[int, tuple[int, int]]:
        """By tie group: the first and the last rank in it."""
        spans: dict[int, tuple[int, int]] = {}
        for standing in self.finalists:
            mark = standing.overall
            if mark.tie_group is not None and mark.position is not None:
                first, last = spans.get(mark.tie_group, (mark.position, mark.position))
                spans[mark.tie_group] = (min(first, mark.position), max(last, mark.position))
        return spans

    @cached_property
    def by_repository(self) -> dict[int, Standing]:
        return {s.repository_id: s for s in self.standings}

    def rank(self, standing: Standing) -> str:
        """1, or 2–5 where no test tells four apart, or – for what was not ranked to the end."""
        mark = standing.overall
        if mark.position is None or mark.verdict == Verdict.ELIMINATED:
            return "–"
        first, last = self.ranks.get(mark.tie_group or -1, (mark.position, mark.position))
        return str(first) if first == last else f"{first}–{last}"


@dataclass(frozen=True)
class Site:
    """Everything but transcripts: the views, each family's main one first, and addresses."""

    views: tuple[View, ...]
    unranked: dict[str, tuple[Unranked, ...]]
    changes: tuple[Change, ...]
    addresses: Addresses

    @cached_property
    def main(self) -> tuple[View, ...]:
        """One view a family."""
        return tuple({view.family.id: view for view in reversed(self.views)}.values())[::-1]

    @cached_property
    def subjects(self) -> dict[int, tuple[View, Standing]]:
        """By repository id: what its page shows, from the first view that ranks it."""
        found: dict[int, tuple[View, Standing]] = {}
        for view in self.views:
            for standing in view.standings:
                found.setdefault(standing.repository_id, (view, standing))
        return found

    def page_of(self, standing: Standing) -> str | None:
        return self.addresses.of(standing.hub, standing.hub_id)


_PLAIN = attrgetter(
    *(f.name for f in fields(Standing) if f.name not in ("overall", "categories", "effort"))
)
_EFFORT = attrgetter(*(f.name for f in fields(Effort)))


def flat(standing: Standing) -> tuple[object, ...]:
    """All of a standing as tuples: what is hashed for each of ten thousand has to be quick."""
    marks = [(category, *mark) for category, mark in standing.categories.items()]
    return (_PLAIN(standing), tuple(standing.overall), marks, _EFFORT(standing.effort))


def look(session: Session) -> Site:
    """Read the catalog, transcripts and popularity series aside."""
    views: list[View] = []
    absent: dict[str, tuple[Unranked, ...]] = {}
    changed: list[Change] = []
    for family in families(session):
        relatives = kinship(session, family.id)
        day, downloads = family_downloads(session, family.id)
        found: list[Board | None] = [*boards(session, family.id)]
        for at, board in enumerate(found or [None]):
            ruled = () if board is None else tuple(standings(session, board.scan_id, family.id))
            unmet = () if board is None else tuple(popular_unevaluated(session, board.scan_id))
            address = slug(family.slug)
            if at and board is not None:
                address += f"/{slug(board.suite)}"
            views.append(View(family, board, ruled, relatives, day, downloads, address, unmet))
        main = found[0] if found else None
        absent[family.slug] = tuple(unranked(session, family.id, main.scan_id if main else None))
        changed.extend(changes(session, family.id))
    ranked = sorted(
        {(s.repository_id, s.hub, s.hub_id, s.name) for view in views for s in view.standings}
    )
    return Site(
        views=tuple(views),
        unranked=absent,
        changes=tuple(sorted(changed, key=lambda change: change.at, reverse=True)),
        addresses=Addresses((hub, hub_id, name) for _, hub, hub_id, name in ranked),
    )
