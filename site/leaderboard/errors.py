"""What can go wrong with the site.

SiteError
├── FolderRefused   the folder to write is not ours, not writable, or in use
├── WorkerDied      a process that writes pages ended before its time
└── PortTaken       the preview cannot listen where it was asked to
"""

from __future__ import annotations


class SiteError(Exception):
    """Root of the site's errors; the message is one line saying what to do."""


class FolderRefused(SiteError):
    pass


class WorkerDied(SiteError):
    pass


class PortTaken(SiteError):
    pass
