"""Strings from hubs and models, made safe to read: what cannot be seen is shown, what is endless
is cut. Escaping is Jinja's; this module only decides what a reader gets to see."""

from __future__ import annotations

import re
from functools import lru_cache

from markupsafe import Markup, escape

# Controls, directions, separators, interlinear marks, tags, noncharacters and lone surrogates.
_HIDDEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(chr(plane << 16 | low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
)
# In a name, also what is blank, joins, or breaks the line.
_BLANK = "\t\n\r\u200c\u200d\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"

_IN_TEXT = re.compile(f"[{_HIDDEN}]")
_IN_NAME = re.compile(f"[{_HIDDEN}{_BLANK}]")
_PILED = re.compile(f"[{_MARKS}]{{4,}}")

LONGEST_NAME = 96


def name(value: object, limit: int = LONGEST_NAME) -> Markup:
    """A name, licence or other short string as markup that cannot change what surrounds it."""
    return _name(_one_line(value), limit)


@lru_cache(maxsize=4096)
def _name(line: str, limit: int) -> Markup:
    return Markup(f"<bdi>{_marked(_cut(line, limit), _IN_NAME)}</bdi>")  # escaped by _marked


def prose(value: object, limit: int) -> Markup:
    """A longer text as markup, its line breaks kept; says how much of it is left out."""
    whole = _as_text(value).replace("\r\n", "\n")
    shown = _marked(whole[:limit], _IN_TEXT)
    if len(whole) <= limit:
        return shown
    rest = Markup('<span class="cc">… {:,} more characters</span>')
    return shown + rest.format(len(whole) - limit)


def plain(value: object, limit: int = LONGEST_NAME) -> str:
    """A name for places without markup: titles, feeds, pictures and tables to download."""
    cut = _PILED.sub(lambda piled: piled[0][:3], _cut(_one_line(value), limit))
    return _cut(_IN_NAME.sub(lambda c: f"⟨{_code(c[0])}⟩", cut), limit)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else str(value)


def _one_line(value: object) -> str:
    return _as_text(value)[: 4 * LONGEST_NAME].strip(" ") or "(empty)"


def _cut(value: str, limit: int) -> str:
    return value if len(value) <= limit else f"{value[: limit - 1]}…"


def _marked(value: str, hidden: re.Pattern[str]) -> Markup:
    value = _PILED.sub(lambda piled: piled[0][:3], value)
    if not hidden.search(value):
        return escape(value)
    parts: list[str] = []
    at = 0
    for found in hidden.finditer(value):
        parts.append(str(escape(value[at : found.start()])))
        parts.append(f'<span class="cc">{_code(found[0])}</span>')
        at = found.end()
    parts.append(str(escape(value[at:])))
    return Markup("".join(parts))


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
