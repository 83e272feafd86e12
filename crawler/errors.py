"""The root of the crawler's errors."""

from __future__ import annotations


class CrawlError(Exception):
    """The message is one line saying what to do."""
