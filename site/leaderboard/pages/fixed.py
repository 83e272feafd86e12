"""Pages that say much the same on every site: method, data, compare."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from leaderboard.environment import ASSETS, asset, render
from leaderboard.pages.page import Page, single
from leaderboard.views import Site

SCHEMA = 1

FIELDS = (
    ("checkpoint", "org/name, as its hub calls it"),
    ("sha", "the commit that was evaluated"),
    ("verdict", "gem, contender, graduated, ranked, eliminated"),
    ("rank", "place among the finalists; none for the eliminated"),
    ("tie_group", "finalists with the same number cannot be told apart by a paired test"),
    ("score, low, high", "share answered right, and its 95% interval"),
    ("optimistic", "whether prompts that selected it also scored it"),
    ("n", "prompts behind the score"),
    ("delta_vs_popular", "the smallest paired difference to a popular checkpoint"),
    ("p", "the largest one-sided p-value against a popular checkpoint, adjusted"),
    ("rung", "where it was eliminated; the first is 0"),
    ("popular", "whether it counts as popular"),
    ("downloads", "in the 30 days before the scan, copies included"),
    ("relation", "how it came from its parent: finetune, adapter, merge; root"),
)


def fixed_pages(site: Site) -> Iterator[Page]:
    boards = [
        {
            "title": view.family.title,
            "family": view.family.title,
            "path": view.path,
            "suite": view.board.suite,
            "number": len(view.standings),
            "prompts": view.board.prompts,
            "file": view.slug.replace("/", "--"),
        }
        for view in site.views
        if view.board is not None
    ]
    yield single("method.html", lambda path: render("method.html", path, boards=boards), boards)
    yield single(
        "data.html",
        lambda path: render("data.html", path, boards=boards, schema=SCHEMA, fields=FIELDS),
        boards,
    )
    yield single("compare.html", lambda path: render("compare.html", path))
    for asset_name in ASSETS:
        content = asset(asset_name)
        yield single(f"assets/{asset_name}", partial(_same, content), content)


def _same(content: bytes, _path: str) -> bytes:
    return content
