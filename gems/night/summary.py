"""What a night did, on one screen: for a cron mail, or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

MOST_NAMES = 5


@dataclass(slots=True)
class FamilyNight:
    """One family's night. Names are of checkpoints.

    new: candidates that no scan had ruled on. visited: checkpoints that were loaded. failed: by
    kind, tonight's only. won, lost: gems. gone: published ones that vanished. waiting: candidates
    not yet evaluated. stopped: whether time ran out. fault: what went wrong, in one line.
    """

    family: str
    new: int = 0
    scanned: int | None = None
    visited: int = 0
    queries: int = 0
    seconds: float = 0.0
    failed: dict[str, int] = field(default_factory=dict)
    gems: int = 0
    won: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    waiting: int = 0
    stopped: bool = False
    fault: str = ""


@dataclass(slots=True)
class Night:
    """began, ended: moments. pages: files of the site with new bytes. faults: of no one family."""

    began: datetime
    families: list[FamilyNight]
    ended: datetime | None = None
    pages: int | None = None
    out: str = ""
    freed: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def well(self) -> bool:
        return not self.faults and not any(family.fault for family in self.families)

    def as_json(self) -> dict[str, Any]:
        said = asdict(self)
        said["began"] = self.began.isoformat()
        said["ended"] = None if self.ended is None else self.ended.isoformat()
        return {"well": self.well, **said}

    def lines(self) -> Iterator[str]:
        """One screen for people."""
        minutes = 0.0 if self.ended is None else (self.ended - self.began).total_seconds() / 60
        state = "all went well" if self.well else "not all went well"
        yield f"Night of {self.began:%Y-%m-%d}: {state}, {minutes:,.0f} minutes."
        for family in self.families:
            yield from _family(family)
        if self.pages is not None:
            yield f"Published to {self.out}: {self.pages:,} files changed."
        if self.freed:
            yield f"Dropped the weights of {self.freed:,} checkpoints that are out."
        yield from (f"FAILED {fault}" for fault in self.faults)
        yield _next(self.families)


def _family(night: FamilyNight) -> Iterator[str]:
    if night.fault:
        yield f"{night.family}: FAILED {night.fault}"
    elif night.scanned is None:
        yield f"{night.family}: nothing new; {night.gems} gems stand."
    if night.scanned is not None:
        yield (
            f"{night.family}: {night.new:,} new, {night.visited:,} visited,"
            f" {night.queries:,} queries, {night.seconds / 60:,.0f} minutes;"
            f" {night.gems} gems, {night.waiting:,} not yet evaluated."
        )
    if night.failed:
        kinds = ", ".join(f"{count} {kind}" for kind, count in night.failed.items())
        yield f"  failed: {kinds}"
    for word, names in (("won", night.won), ("lost", night.lost), ("gone", night.gone)):
        if names:
            more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
            yield f"  {word}: {', '.join(names[:MOST_NAMES])}{more}"


def _next(families: list[FamilyNight]) -> str:
    waiting = sum(family.waiting for family in families)
    again = [family.family for family in families if family.fault]
    said = f"Next night: {waiting:,} candidates not yet evaluated"
    if again:
        said += f"; again {', '.join(again)}"
    return f"{said}."
