"""The front page: what this is, the newest gems, how concentrated downloads are, the families."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from catalog.reports.standings import Standing
from leaderboard.charts.concentration import concentration
from leaderboard.environment import render
from leaderboard.pages.page import Page, single
from leaderboard.views import Site, View

NEWEST = 6


@dataclass(frozen=True, slots=True)
class GemCard:
    name: str
    address: str
    family: str
    score: float | None
    delta: float | None
    downloads: int | None
    license: str | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class FamilyRow:
    title: str
    slug: str
    path: str
    gems: int
    best: Standing | None
    best_address: str | None
    evaluated: int
    candidates: int
    share: float
    unranked: int


def front(site: Site) -> Page:
    gems = _newest(site)
    rows = [_row(site, view) for view in site.main]
    picture = concentration(site.main)
    return single(
        "index.html",
        lambda path: render("front.html", path, gems=gems, families=rows, picture=picture),
        gems,
        rows,
        picture,
    )


def _newest(site: Site) -> list[GemCard]:
    since: dict[str, datetime] = {}
    for change in reversed(site.changes):
        if change.kind == "new gem":
            since.update({f"{hub} {hub_id}": change.at for hub, hub_id, _ in change.names})
    cards = []
    for view in site.main:
        for gem in view.gems:
            mark = gem.overall
            cards.append(
                GemCard(
                    name=gem.name,
                    address=site.page_of(gem) or "",
                    family=view.family.title,
                    score=mark.score,
                    delta=mark.delta,
                    downloads=gem.downloads,
                    license=gem.license,
                    since=since.get(f"{gem.hub} {gem.hub_id}"),
                )
            )
    cards.sort(key=lambda card: (-(card.delta or 0.0), card.name))
    cards.sort(key=lambda card: card.since.timestamp() if card.since else 0.0, reverse=True)
    return cards[:NEWEST]


def _row(site: Site, view: View) -> FamilyRow:
    best = view.finalists[0] if view.finalists else None
    evaluated = min(len(view.standings), view.family.candidates)
    return FamilyRow(
        title=view.family.title,
        slug=view.slug,
        path=view.path,
        gems=len(view.gems),
        best=best,
        best_address=site.page_of(best) if best else None,
        evaluated=evaluated,
        candidates=view.family.candidates,
        share=round(100 * evaluated / max(view.family.candidates, 1), 1),
        unranked=len(site.unranked[view.family.slug]),
    )
