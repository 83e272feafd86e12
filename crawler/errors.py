"""What can stop a crawl, beyond what a hub or the catalog says.

CrawlError
├── FamiliesError    a families.toml cannot be read, or knows no such family
└── RootUnavailable  a family's root cannot be read, so nothing can be vetted against it
"""

from __future__ import annotations


class CrawlError(Exception):
    """Root of the crawler's errors; the message is one line saying what to do."""


class FamiliesError(CrawlError):
    pass


class RootUnavailable(CrawlError):
    pass
