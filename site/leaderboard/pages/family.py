"""A family's pages: the picture, what the search spent, and the table, so many rows a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from catalog.reports.boards import Board
from catalog.reports.standings import Mark, Standing
from catalog.words import Verdict
from leaderboard.charts.scatter import scatter
from leaderboard.charts.strips import span
from leaderboard.environment import environment, render
from leaderboard.numbers import count, percent, plural, points
from leaderboard.pages.page import Page, digest, single
from leaderboard.paths import slug
from leaderboard.sentences import relation
from leaderboard.text import name, plain
from leaderboard.views import Site, View

ROWS = 600
SHOWN = (Verdict.GEM, Verdict.CONTENDER, Verdict.GRADUATED)
SHOWN_IN_CATEGORY = SHOWN[:2]


CONFIRMED, UNCONFIRMED, OUT = range(3)
GROUPS = {
    CONFIRMED: "",
    UNCONFIRMED: "Not confirmed: scored on the prompts that selected them, which flatters",
    OUT: "Out before the end: asked fewer prompts, so not ranked with the finalists",
}
"""Rows that may not be compared across a line, and what the line says."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; rendered when it is read. group: see GROUPS."""

    group: int
    view: View
    standing: Standing
    address: str
    root: str

    @property
    def html(self) -> Markup:
        s, view = self.standing, self.view
        org, _, short = s.name.rpartition("/")
        best = view.roots[0] if view.roots else None
        marks = []
        for category in view.categories:
            mark = s.categories.get(category)
            base = best.categories.get(category) if best is not None else None
            won = mark.verdict if mark and mark.verdict in SHOWN_IN_CATEGORY else None
            marks.append((mark, _below(mark, base), None if s.root else won))
        won_in = [
            f"{category}:{mark.verdict}"
            for category, mark in s.categories.items()
            if mark.verdict in SHOWN_IN_CATEGORY
        ]
        page = (
            environment()
            .get_template("row.html")
            .render(
                s=s,
                root=self.root,
                address=self.address,
                out=self.group == OUT,
                rank=view.rank(s),
                org=f"{org}/" if org else "",
                short=short or s.name,
                gone=s.missing_since is not None,
                mark=None if s.root else s.overall.verdict if s.overall.verdict in SHOWN else None,
                relation=relation(s),
                marks=marks,
                cats=plain("|".join(won_in), 400) if won_in else "",
                scale=_scale(view),
            )
        )
        return Markup(page)


def family_pages(site: Site, view: View, digests: Mapping[int, str]) -> Iterator[Page]:
    """The first ROWS rows on the first page, the rest paged."""
    pages = max(1, -(-len(view.standings) // ROWS))
    paths = [page_path(view, at) for at in range(1, pages + 1)]
    others = _suites(site, view)
    unranked = len(site.unranked[view.family.slug])
    shape = digest(_scale(view), view.categories, [digests[s.checkpoint_id] for s in view.roots])
    for at, path in enumerate(paths, start=1):
        standings = view.standings[(at - 1) * ROWS : at * ROWS]
        shown = [(digests[s.checkpoint_id], view.rank(s)) for s in standings]
        lead = (view.family, _board_inputs(view), list(digests.items())) if at == 1 else ()

        def write(path: str, at: int = at, standings: tuple[Standing, ...] = standings) -> bytes:
            root = "../" * path.count("/")
            rows = [
                Row(
                    group=_group(view, s),
                    view=view,
                    standing=s,
                    address=site.page_of(s) or "",
                    root=root,
                )
                for s in standings
            ]
            return render(
                "family.html",
                path,
                view=view,
                number=at,
                pages=pages,
                page_path=lambda number: page_path(view, number),
                rows=rows,
                groups=GROUPS,
                others=others,
                summary=summary(view),
                headline=headline(view),
                chart=scatter(view) if at == 1 else None,
                facts=_facts(view) if at == 1 else [],
                notes=_notes(view) if at == 1 else [],
                by_category=_by_category(site, view) if at == 1 else [],
                columns=_columns(view),
                choices=_choices(view),
                optimistic=any(s.overall.optimistic for s in standings),
                more=[f"{root}{other}" for other in paths if other != path],
                unranked=unranked,
                family_slug=slug(view.family.slug),
            )

        yield single(
            path, write, stamp=digest(shape, shown, lead, summary(view), paths, others, unranked)
        )


def page_path(view: View, number: int) -> str:
    return view.path if number == 1 else f"families/{view.slug}/{number}.html"


def summary(view: View) -> str:
    """The family in a sentence or two."""
    if view.board is None:
        return (
            f"{plural(view.family.candidates, 'candidate')} passed vetting; no scan of them has"
            " finished yet."
        )
    asked = plural(len(view.standings), "checkpoint")
    if view.gems:
        best = view.gems[0]
        lead = points(best.overall.delta).lstrip("+−±")
        return (
            f"Of {asked} asked, {plural(len(view.gems), 'is a hidden gem', 'are hidden gems')}."
            f" The best, {plain(best.name)}, answers {percent(best.overall.score)}% right,"
            f" {lead} points more than anything popular."
        )
    if view.contenders:
        best = view.contenders[0]
        said = f"Of {asked} asked, none is a proven gem yet. {plain(best.name)} is ahead of"
        score = f"{percent(best.overall.score)}%"
        if view.blocked:
            return f"{said} what was evaluated of the popular with {score}."
        return f"{said} everything popular with {score}, but not by enough to be sure."
    if not view.popular:
        return f"Of {asked} asked, none could be held against a popular one: none was evaluated."
    return f"Of {asked} asked, none is ahead of everything popular."


def headline(view: View) -> str:
    """What the picture shows."""
    if view.gems:
        verb = "beats" if len(view.gems) == 1 else "beat"
        few = sorted(s.downloads or 0 for s in view.gems)
        return f"{plural(len(view.gems), 'checkpoint')} with {_span(few)} {verb} everything popular"
    if view.contenders:
        verb = "is" if len(view.contenders) == 1 else "are"
        whom = "the popular that were evaluated" if view.blocked else "everything popular"
        return f"{plural(len(view.contenders), 'contender')} {verb} ahead of {whom}"
    return "Nobody is ahead of the popular" if view.popular else "Nobody popular was evaluated"


def _span(downloads: list[int]) -> str:
    low, high = downloads[0], downloads[-1]
    if low == high:
        return plural(high, "download")
    return f"{count(low)} to {plural(high, 'download')}"


def _facts(view: View) -> list[tuple[str, str]]:
    """What the scan was and what it spent, as far as its report says."""
    board = view.board
    if board is None:
        return []
    facts = [
        ("Candidates", count(view.family.candidates)),
        ("Evaluated", count(len(view.standings))),
        ("Finalists", count(len(view.finalists))),
    ]
    selecting = sum(selecting for selecting, _ in board.prompts.values())
    confirming = sum(confirming for _, confirming in board.prompts.values())
    facts.append(("Prompts that select", count(selecting)))
    if confirming:
        facts.append(("Prompts that confirm", count(confirming)))
    everything = selecting * int(_number(board.report.get("candidates")) or len(view.standings))
    if everything and (spent := _searched(board)):
        facts.append(("Of asking everyone everything", f"{100 * spent / everything:.0f}%"))
    cost = board.report.get("cost")
    if isinstance(cost, dict):
        queries, loads = _number(cost.get("queries")), _number(cost.get("loads"))
        if loads is not None:
            facts.append(("Loads", count(loads)))
        if queries is not None:
            facts.append(("Queries", count(queries)))
    facts.append(("Policy", plain(board.policy, 30)))
    facts.append(("Engine", f"{plain(board.engine, 20)}, {plain(board.dtype, 12)}"))
    return facts


def _searched(board: Board) -> float:
    """Answers that the search looked at: between two rungs, those of all who reached the second."""
    listed = board.report.get("rungs")
    spent = before = 0.0
    for rung in listed if isinstance(listed, list) else ():
        if not isinstance(rung, dict):
            continue
        prompts, reached = _number(rung.get("prompts")) or 0.0, _number(rung.get("reached")) or 0.0
        spent += reached * (prompts - before)
        before = prompts
    return spent


def _notes(view: View) -> list[str]:
    """What keeps this scan from saying more."""
    report = {} if view.board is None else view.board.report
    notes = []
    blocking = report.get("blocking")
    if isinstance(blocking, dict) and blocking:
        named = ", ".join(
            f"{plain(root)} ({plain(reason, 40)})" for root, reason in list(blocking.items())[:6]
        )
        notes.append(f"No gem can be claimed, because a root cannot be evaluated: {named}.")
    if view.unmet:
        named = ", ".join(f"{plain(name)} ({plain(why, 40)})" for name, why in view.unmet[:6])
        more = f" and {count(len(view.unmet) - 6)} more" if len(view.unmet) > 6 else ""
        notes.append(
            f"No gem can be claimed, because what is popular was not evaluated: {named}{more}."
        )
    left_out = report.get("left_out")
    if isinstance(left_out, dict) and _number(left_out.get("prompts")):
        number = int(_number(left_out["prompts"]) or 0)
        reason = plain(left_out.get("reason") or "", 200)
        notes.append(f"{plural(number, 'prompt')} of the suite not asked: {reason}.")
    return notes


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and abs(value) < 1e15 else None


@dataclass(frozen=True, slots=True)
class BestInCategory:
    category: str
    gems: int
    name: str
    address: str
    score: float | None
    root: float | None


def _by_category(site: Site, view: View) -> list[BestInCategory]:
    found = []
    for category in view.categories:
        marked = [s for s in view.finalists if category in s.categories]
        best = max(
            marked,
            key=lambda s: (s.categories[category].score or 0.0, -s.checkpoint_id),
            default=None,
        )
        if best is None:
            continue
        base = [s.categories[category] for s in view.roots if category in s.categories]
        found.append(
            BestInCategory(
                category=category,
                gems=sum(s.categories[category].verdict == Verdict.GEM for s in marked),
                name=best.name,
                address=site.page_of(best) or "",
                score=best.categories[category].score,
                root=max((mark.score or 0.0 for mark in base), default=None),
            )
        )
    return found


def _columns(view: View) -> list[tuple[str, Markup | str, str, bool]]:
    """(key, label, hint, numeric)"""
    return [
        ("rank", "Rank", "A range where no test can tell apart", False),
        ("name", "Checkpoint", "", False),
        ("verdict", "Verdict", "", False),
        ("score", "Score", "Percent right, with its 95% interval", True),
        (
            "delta",
            "Δ",
            "Smallest paired difference to a popular one, in points",
            True,
        ),
        *((f"c{at}", name(category, 24), "", True) for at, category in enumerate(view.categories)),
        ("n", "n", "Prompts behind the score", True),
        ("downloads", "Downloads", "In the 30 days before the scan", True),
        ("relation", "Relation", "", False),
        ("licence", "Licence", "", False),
        ("evaluated", "Evaluated", "", False),
    ]


def _choices(view: View) -> list[tuple[str, str, list[tuple[str, Markup | str]]]]:
    """(parameter, label, [(value, text)]) of the filters."""
    verdicts = dict.fromkeys(s.overall.verdict for s in view.standings)
    relations = dict.fromkeys(sorted({relation(s) for s in view.standings}))
    licences = sorted({plain(s.license or "none", 40) for s in view.standings})[:60]
    return [
        ("category", "Category", [(f"c{i}", name(c, 30)) for i, c in enumerate(view.categories)]),
        ("verdict", "Verdict", [(v, escape(v)) for v in verdicts]),
        ("relation", "Relation", [(r, r) for r in relations]),
        ("licence", "Licence", [(licence, name(licence, 30)) for licence in licences]),
        ("size", "Parameters", [("1e9", "up to 1B"), ("4e9", "up to 4B"), ("9e9", "up to 9B")]),
        ("since", "Made since", [(str(y), str(y)) for y in _years(view)]),
        ("most", "Downloads", [("10", "up to 10"), ("100", "up to 100"), ("1000", "up to 1,000")]),
    ]


def _years(view: View) -> list[int]:
    return sorted({s.created_at.year for s in view.standings if s.created_at}, reverse=True)[:8]


def _suites(site: Site, view: View) -> list[tuple[str, str, bool]]:
    """(suite, path, here) of the family's boards, if there are several."""
    views = [v for v in site.views if v.family.id == view.family.id and v.board is not None]
    if len(views) < 2:
        return []
    return [(v.board.suite, v.path, v is view) for v in views if v.board is not None]


def _board_inputs(view: View) -> tuple[Any, ...]:
    board = view.board
    if board is None:
        return ()
    asked = (board.suite, board.finished_at, board.prompts, board.policy)
    return (*asked, board.engine, board.dtype, _facts(view), _notes(view))


def _group(view: View, standing: Standing) -> int:
    """Without any confirmed finalist there is no line to draw between the two kinds."""
    if standing.overall.verdict == Verdict.ELIMINATED:
        return OUT
    confirmed = any(not s.overall.optimistic for s in view.finalists)
    return UNCONFIRMED if confirmed and standing.overall.optimistic else CONFIRMED


def _scale(view: View) -> Any:
    return span([s.overall for s in view.finalists] or [s.overall for s in view.standings])


def _below(mark: Mark | None, base: Mark | None) -> bool:
    if mark is None or base is None or mark.score is None or base.score is None:
        return False
    return mark.score < base.score
