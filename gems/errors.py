"""The roots of every room's error tree: what a person is told in one line."""

from __future__ import annotations

from catalog.errors import CatalogError


class GemsError(Exception):
    """What goes wrong on the command line itself; the message says what to do."""


def roots() -> tuple[type[Exception], ...]:
    """Each room's root error. Imported late: only what failed pays for it."""
    from crawler.errors import CrawlError
    from evaluator.errors import EvaluatorError
    from evaluator.search.errors import SearchError
    from hubs.errors import HubError
    from leaderboard.errors import SiteError

    return (GemsError, CatalogError, CrawlError, EvaluatorError, SearchError, HubError, SiteError)
