"""What is not ranked, and why: one page over all, and each family's, so many rows a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from catalog.reports.unranked import Unranked
from leaderboard.environment import render
from leaderboard.pages.page import Page, digest, single
from leaderboard.paths import hub_url, slug
from leaderboard.views import Site, View

ROWS = 500


@dataclass(frozen=True, slots=True)
class Group:
    verdict: str
    why: str
    sentence: str
    number: int
    rows: list[dict[str, Any]]

    @property
    def title(self) -> str:
        return f"{self.verdict.capitalize()}: {self.why.replace('_', ' ')}"


def unranked_pages(site: Site) -> Iterator[Page]:
    families = []
    for view in site.main:
        rows = site.unranked[view.family.slug]
        numbers = Counter((row.verdict, row.why, row.sentence) for row in rows)
        reasons = [
            Group(str(verdict), why, sentence, number, [])
            for (verdict, why, sentence), number in numbers.items()
        ]
        families.append(
            {"slug": slug(view.family.slug), "title": view.family.title, "reasons": reasons}
        )
        yield from _family(view, rows, numbers)
    yield single(
        "not-ranked.html",
        lambda path: render("not-ranked.html", path, families=families),
        families,
    )


def _family(
    view: View, rows: tuple[Unranked, ...], numbers: Counter[tuple[str, str, str]]
) -> Iterator[Page]:
    pages = max(1, -(-len(rows) // ROWS))

    def page_path(number: int) -> str:
        page = "not-ranked" if number == 1 else f"not-ranked-{number}"
        return f"families/{slug(view.family.slug)}/{page}.html"

    for at in range(1, pages + 1):
        part = rows[(at - 1) * ROWS : at * ROWS]
        inputs = (part, numbers, len(rows), view.family.title, view.path)

        def write(path: str, at: int = at, part: tuple[Unranked, ...] = part) -> bytes:
            return render(
                "unranked.html",
                path,
                title=view.family.title,
                family_path=view.path,
                total=len(rows),
                groups=_groups(part, numbers),
                number=at,
                pages=pages,
                page_path=page_path,
            )

        yield single(page_path(at), write, stamp=digest(inputs))


def _groups(part: tuple[Unranked, ...], numbers: Counter[tuple[str, str, str]]) -> list[Group]:
    groups = []
    for key, rows in groupby(part, key=lambda row: (row.verdict, row.why, row.sentence)):
        verdict, why, sentence = key
        shown = [
            {
                "name": row.name,
                "url": hub_url(row.hub, row.name),
                "relation": row.relation,
                "detail": row.detail,
                "since": row.since,
            }
            for row in rows
        ]
        groups.append(Group(str(verdict), why, sentence, numbers[key], shown))
    return groups
