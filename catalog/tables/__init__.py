"""Every table: what the hub told (`hub`), and what evaluation made of it (`evaluation`)."""

from catalog.columns import Base
from catalog.tables.evaluation import (
    Answer,
    Failure,
    Grade,
    Plan,
    Prompt,
    Ruling,
    Scan,
    Suite,
    Visit,
)
from catalog.tables.hub import (
    Alias,
    Checkpoint,
    Crawl,
    Edge,
    Family,
    Frontier,
    Member,
    Oddity,
    OptOut,
    Popularity,
    Repository,
)

__all__ = [
    "Alias",
    "Answer",
    "Base",
    "Checkpoint",
    "Crawl",
    "Edge",
    "Failure",
    "Family",
    "Frontier",
    "Grade",
    "Member",
    "Oddity",
    "OptOut",
    "Plan",
    "Popularity",
    "Prompt",
    "Repository",
    "Ruling",
    "Scan",
    "Suite",
    "Visit",
]
