"""The templates: everything escaped, nothing undefined, the words for numbers at hand."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from leaderboard import numbers, text

ASSETS = ("style.css", "script.js", "compare.js", "mark.svg")


@cache
def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("leaderboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        name=text.name,
        plain=text.plain,
        prose=text.prose,
        percent=numbers.percent,
        points=numbers.points,
        p_value=numbers.p_value,
        count=numbers.count,
        short=numbers.short,
        day=numbers.day,
        iso=numbers.iso,
        plural=numbers.plural,
    )
    return made


def render(template: str, path: str, **context: Any) -> bytes:
    """A page at `path`; `root` in it leads back to the top of the site."""
    root = "../" * path.count("/")
    page = environment().get_template(template).render(root=root, path=path, **context)
    return page.encode("utf-8", "replace")


def asset(name: str) -> bytes:
    return (files("leaderboard") / "assets" / name).read_bytes()


@cache
def generation() -> str:
    """Changes whenever this package does, and with it every page."""
    mark = sha256()
    pending = [files("leaderboard")]
    while pending:
        for entry in sorted(pending.pop().iterdir(), key=lambda e: e.name):
            if entry.is_dir():
                pending.append(entry)
            elif entry.name.endswith((".py", ".html", ".svg", ".xml")):
                mark.update(entry.name.encode() + entry.read_bytes())
    return mark.hexdigest()[:16]
