"""A family of tiny checkpoints, trained here and now, that shows what Hidden Gems does."""

from gems.demo.errors import DemoError
from gems.demo.fleet import FAMILY, Fleet, build_fleet

__all__ = ["FAMILY", "DemoError", "Fleet", "build_fleet"]
