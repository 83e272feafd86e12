"""The site: catalog → static pages. `publish` writes them, `preview` shows them."""

from leaderboard.errors import SiteError
from leaderboard.preview import preview
from leaderboard.publish import Published, publish

__all__ = ["Published", "SiteError", "preview", "publish"]
