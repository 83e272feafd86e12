"""What can go wrong with the catalog.

CatalogError
├── DatabaseUnreachable   cannot be opened: folder, permissions, address
├── DatabaseFull          no room left on its disk; nothing that was committed is lost
├── DatabaseCorrupt       opened, but it is not a sound database of ours
└── DatabaseNewer         written by a newer version of the project
"""

from __future__ import annotations


class CatalogError(Exception):
    """Root of the catalog's errors; the message is one line saying what to do."""


class DatabaseUnreachable(CatalogError):
    pass


class DatabaseFull(CatalogError):
    pass


class DatabaseCorrupt(CatalogError):
    pass


class DatabaseNewer(CatalogError):
    pass
