"""What can go wrong while the demo fleet is built."""

from __future__ import annotations

from gems.errors import GemsError


class DemoError(GemsError):
    """The demo fleet could not be built; the message says what is wrong and what to do."""
