"""A folder as a hub: the Hub's HTTP API over checkpoints on disk."""

from hubs.folder.server import FolderHub

__all__ = ["FolderHub"]
