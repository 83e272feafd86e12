"""Families as `families.toml` files describe them: packaged ones, and the user's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from crawler.errors import FamiliesError
from crawler.evidence import NAME

FILE = "families.toml"
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_AUTHOR = re.compile(r"[\w.-]+", re.ASCII)
_KEYS = frozenset({"title", "roots", "mirrors"})


@dataclass(frozen=True, slots=True)
class Preset:
    """A family before it was crawled. mirrors: ungated copies, by the root that is gated."""

    slug: str
    title: str
    roots: tuple[str, ...]
    mirrors: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OptOut:
    """Who asked not to be listed. Names are compared without case, as hubs do."""

    authors: frozenset[str] = frozenset()
    repositories: frozenset[str] = frozenset()

    def __contains__(self, name: str) -> bool:
        lowered = name.lower()
        return lowered in self.repositories or lowered.partition("/")[0] in self.authors

    def __bool__(self) -> bool:
        return bool(self.authors or self.repositories)


@dataclass(frozen=True, slots=True)
class Presets:
    """All families by slug, and all who opted out."""

    families: dict[str, Preset]
    opt_out: OptOut

    def family(self, slug: str) -> Preset:
        """Raises FamiliesError with the slugs that are known."""
        if slug not in self.families:
            known = ", ".join(sorted(self.families))
            raise FamiliesError(
                f"no family {slug!r} (known: {known}): choose one, or describe it in ./{FILE}"
            )
        return self.families[slug]


def load(files: Iterable[Path] = ()) -> Presets:
    """The packaged families, and those of `files`, of which a later one wins.

    Raises FamiliesError with the file and what is wrong in it.
    """
    packaged = resources.files("crawler") / FILE
    families, opt_out = _read(packaged.read_bytes(), FILE)
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise FamiliesError(
                f"{file} cannot be read ({error.strerror}): name another"
            ) from error
        more, out = _read(content, str(file))
        families |= more
        opt_out = OptOut(opt_out.authors | out.authors, opt_out.repositories | out.repositories)
    return Presets(families, opt_out)


def _read(content: bytes, file: str) -> tuple[dict[str, Preset], OptOut]:
    try:
        described = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FamiliesError(f"{file} is not TOML ({error}): mend it") from error
    unknown = sorted(set(described) - {"families", "opt_out"})
    if unknown:
        raise FamiliesError(f"{file}: unknown table [{unknown[0]}]: use [families] and [opt_out]")
    families = described.get("families", {})
    if not isinstance(families, dict):
        raise FamiliesError(f"{file}: families must be a table: write [families.SLUG]")
    return {slug: _preset(slug, told, file) for slug, told in families.items()}, _opt_out(
        described.get("opt_out", {}), file
    )


def _preset(slug: str, told: Any, file: str) -> Preset:
    at = f"{file}: family {slug!r}"
    if not _SLUG.fullmatch(slug):
        raise FamiliesError(f"{at} is no slug: use small letters, digits, dots and dashes")
    if not isinstance(told, dict) or set(told) - _KEYS:
        raise FamiliesError(f"{at} may have only {', '.join(sorted(_KEYS))}")
    title = told.get("title", slug)
    if not isinstance(title, str):
        raise FamiliesError(f"{at}: title must be text")
    roots = _names(told.get("roots"), f"{at}: roots")
    if not roots:
        raise FamiliesError(f"{at} names no roots: list its official releases")
    mirrors = told.get("mirrors", {})
    if not isinstance(mirrors, dict) or set(mirrors) - set(roots):
        raise FamiliesError(f"{at}: mirrors must be lists of names, by root")
    return Preset(
        slug,
        title,
        roots,
        {root: _names(names, f"{at}: mirrors of {root}") for root, names in mirrors.items()},
    )


def _opt_out(told: Any, file: str) -> OptOut:
    if not isinstance(told, dict) or set(told) - {"authors", "repositories"}:
        raise FamiliesError(f"{file}: [opt_out] may have only authors and repositories")
    authors = told.get("authors", [])
    if not isinstance(authors, list) or not all(
        isinstance(author, str) and _AUTHOR.fullmatch(author) for author in authors
    ):
        raise FamiliesError(
            f"{file}: [opt_out] authors must be a list of names; ORG/NAME goes into repositories"
        )
    repositories = _names(told.get("repositories", []), f"{file}: [opt_out] repositories")
    return OptOut(
        frozenset(author.lower() for author in authors),
        frozenset(name.lower() for name in repositories),
    )


def _names(value: Any, at: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(
        isinstance(name, str) and NAME.fullmatch(name) for name in value
    ):
        raise FamiliesError(f"{at} must be a list of ORG/NAME")
    return tuple(value)
