"""What can go wrong with the site.

SiteError
├── FolderRefused   the folder to write is not ours, not writable, or in use
└── PortTaken       the preview cannot listen where it was asked to
"""

from __future__ import annotations


class SiteError(Exception):
    """Root of the site's errors; the message is one line saying what to do."""


class FolderRefused(SiteError):
    pass


class PortTaken(SiteError):
    pass
