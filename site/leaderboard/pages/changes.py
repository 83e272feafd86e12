"""What changed, by day, and as an Atom feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from uuid import NAMESPACE_URL, uuid5

from catalog.reports.changes import Change
from leaderboard.environment import render
from leaderboard.numbers import stamp
from leaderboard.pages.page import Page, digest
from leaderboard.text import plain
from leaderboard.views import Site

SHOWN = 12
DAYS = 90
ENTRIES = 60
TITLES = {
    "new gem": ("A new gem", "{} new gems"),
    "lost gem": ("A gem lost", "{} gems lost"),
    "graduated": ("A gem graduated: it is popular now", "{} gems graduated: they are popular now"),
    "evaluated": ("Evaluated for the first time", "{} evaluated for the first time"),
    "vanished": ("Vanished from its hub", "{} vanished from their hub"),
}


@dataclass(frozen=True, slots=True)
class Named:
    name: str
    address: str | None


@dataclass(frozen=True, slots=True)
class Told:
    kind: str
    title: str
    family: str
    suite: str
    links: list[Named]
    count: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Day:
    at: datetime
    changes: list[Told]


def changes_page(site: Site) -> Page:
    titles = {view.family.id: view.family.title for view in site.views}
    told = [_told(site, change, titles[change.family_id]) for change in site.changes]
    days = [
        Day(group[0].at, group)
        for group in (list(g) for _, g in groupby(told, key=lambda t: t.at.date()))
    ][:DAYS]

    def write() -> list[tuple[str, bytes]]:
        return [
            ("changes.html", render("changes.html", "changes.html", days=days)),
            ("changes.atom", _feed(told[:ENTRIES])),
        ]

    return Page("changes.html", digest(told), ("changes.html", "changes.atom"), write)


def _told(site: Site, change: Change, family: str) -> Told:
    one, many = TITLES[change.kind]
    links = [Named(name, site.addresses.of(hub, hub_id)) for hub, hub_id, name in change.names]
    title = one if change.count == 1 else many.format(f"{change.count:,}")
    return Told(change.kind, title, family, change.suite, links[:SHOWN], change.count, change.at)


def _feed(told: list[Told]) -> bytes:
    entries = []
    for change in told:
        who = ", ".join(plain(link.name) for link in change.links)
        more = change.count - len(change.links)
        first = change.links[0].address if change.count == 1 and change.links else None
        identity = f"{change.kind} {change.family} {change.suite} {change.at.isoformat()} {who}"
        entries.append(
            {
                "id": _uuid(identity),
                "title": f"{change.title}: {plain(change.family)}",
                "summary": who + (f", and {more:,} more" if more > 0 else ""),
                "updated": stamp(change.at),
                "link": f"checkpoints/{first}.html" if first else "changes.html",
            }
        )
    newest = told[0].at if told else datetime(2026, 1, 1, tzinfo=UTC)
    return render(
        "changes.xml",
        "changes.atom",
        entries=entries,
        feed_id=_uuid("changes"),
        updated=stamp(newest),
    )


def _uuid(identity: str) -> str:
    return str(uuid5(NAMESPACE_URL, "hidden-gems:" + identity.encode("ascii", "replace").decode()))
