"""What can go wrong in a search."""

from __future__ import annotations


class SearchError(ValueError):
    """A search was set up, or told something, that makes no sense."""
