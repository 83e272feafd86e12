"""Numbers and dates as people read them."""

from __future__ import annotations

from datetime import date, datetime

MINUS = "\N{MINUS SIGN}"
NONE = "–"


def percent(share: float | None, digits: int = 1) -> str:
    """0.747 → 74.7 (without the sign: columns and sentences add it where it helps)."""
    return NONE if share is None else f"{100 * share:.{digits}f}"


def points(delta: float | None) -> str:
    """0.034 → +3.4"""
    if delta is None:
        return NONE
    rounded = round(100 * delta, 1)
    sign = "+" if rounded > 0 else MINUS if rounded < 0 else "±"
    return f"{sign}{abs(rounded):.1f}"


def p_value(p: float | None) -> str:
    if p is None:
        return NONE
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def count(number: float | None) -> str:
    """12345 → 12,345"""
    return NONE if number is None else f"{number:,.0f}"


def short(number: float | None) -> str:
    """12345 → 12k"""
    if number is None:
        return NONE
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            scaled = number / size
            return (
                f"{scaled:.0f}{unit}" if scaled >= 10 else f"{scaled:.1f}{unit}".replace(".0", "")
            )
    return f"{number:.0f}"


def size(bytes_: int | None) -> str:
    """16060556376 → 16.1 GB"""
    if bytes_ is None:
        return NONE
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if bytes_ >= unit:
            return f"{bytes_ / unit:.1f} {name}"
    return f"{bytes_} B"


def day(moment: date | None) -> str:
    """3 May 2026"""
    return NONE if moment is None else f"{moment.day} {moment:%b %Y}"


def iso(moment: date | None) -> str:
    if moment is None:
        return ""
    return f"{moment:%Y-%m-%d}"


def stamp(moment: datetime | None) -> str | None:
    """RFC 3339, to the second."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def plural(number: int, one: str, many: str | None = None) -> str:
    """1 gem, 2 gems"""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
