"""What the hub told: repositories, their checkpoints, families, lineage, popularity, crawls."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from catalog.columns import Base, Big, Key, RepositoryKey
from catalog.words import Status


def _only(where: str) -> dict[str, Any]:
    """An index that holds no other rows, and so costs nothing to write those."""
    return {"sqlite_where": text(where)}


class Family(Base):
    """The checkpoints derived from one root architecture and size.

    layouts: of each root by name, its commit and its tensors' names and shapes.
    """

    __tablename__ = "families"

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    architecture: Mapped[str | None]
    parameters: Mapped[Big | None]
    layouts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")


class Repository(Base):
    """One hub repository. `hub_id` is its only stable identity; names change.

    downloads, downloads_all_time, likes: as last listed; the dated series is `Popularity`.
    config: only the keys we use.
    """

    __tablename__ = "repositories"
    __table_args__ = (
        UniqueConstraint("hub", "hub_id"),
        Index(None, "name", "hub"),
        Index(None, "last_seen"),  # what a night changed is little of all
    )

    id: Mapped[Key]
    hub: Mapped[str]
    hub_id: Mapped[str]
    name: Mapped[str]
    author: Mapped[str]
    sha: Mapped[str | None]
    created_at: Mapped[datetime | None]
    modified_at: Mapped[datetime | None]
    gated: Mapped[str | None]
    disabled: Mapped[bool] = mapped_column(default=False)
    private: Mapped[bool] = mapped_column(default=False)
    license: Mapped[str | None]
    architecture: Mapped[str | None]
    parameters: Mapped[Big | None]
    downloads: Mapped[Big | None]
    downloads_all_time: Mapped[Big | None]
    likes: Mapped[int | None]
    config: Mapped[dict[str, Any]]
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    missing_since: Mapped[datetime | None]


class Alias(Base):
    """A name that a repository had before."""

    __tablename__ = "aliases"
    __table_args__ = (UniqueConstraint("repository_id", "name"),)

    id: Mapped[Key]
    repository_id: Mapped[RepositoryKey]
    name: Mapped[str] = mapped_column(index=True)
    until: Mapped[datetime]


class Member(Base):
    """A repository's place in a family: how it is related, and how far from a root."""

    __tablename__ = "members"
    __table_args__ = ({"sqlite_with_rowid": False},)

    family_id: Mapped[int] = mapped_column(
        ForeignKey("families.id", ondelete="CASCADE"), primary_key=True
    )
    repository_id: Mapped[int] = mapped_column(
        ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    root: Mapped[bool] = mapped_column(default=False)
    relation: Mapped[str | None]
    depth: Mapped[int]


class Edge(Base):
    """One piece of evidence that `child` came from `parent_name`, which may be unknown to us.

    confidence: 0 for evidence against. chosen: by the rule in `catalog.lineage`.
    """

    __tablename__ = "edges"
    __table_args__ = (
        UniqueConstraint("child_id", "parent_name", "relation", "source"),
        # One entry an edge: by its parent, or by the name of the parent that it waits for.
        Index("ix_edges_parent_id", "parent_id", **_only("parent_id IS NOT NULL")),
        Index("ix_edges_parent_name", "parent_name", **_only("parent_id IS NULL")),
    )

    id: Mapped[Key]
    child_id: Mapped[RepositoryKey]
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("repositories.id", ondelete="SET NULL")
    )
    parent_name: Mapped[str]
    relation: Mapped[str]
    source: Mapped[str]
    confidence: Mapped[float]
    chosen: Mapped[bool] = mapped_column(default=False)


class Checkpoint(Base):
    """One repository at one commit, and what vetting made of it.

    `base_id` is the checkpoint that an adapter is asked on; `stand_in_id` the older checkpoint
    that stands for an exact duplicate; `digest` covers the weights alone; `context_length`, in
    tokens, is known of those that were visited.
    """

    __tablename__ = "checkpoints"
    __table_args__ = (
        UniqueConstraint("repository_id", "sha"),
        Index("ix_checkpoints_digest", "digest", **_only("digest IS NOT NULL")),
    )

    id: Mapped[Key]
    repository_id: Mapped[RepositoryKey]
    sha: Mapped[str]
    status: Mapped[str] = mapped_column(default=Status.UNVETTED)
    reason: Mapped[str | None]
    detail: Mapped[str | None]
    vetted_at: Mapped[datetime | None]
    relation: Mapped[str | None]
    base_id: Mapped[int | None] = mapped_column(ForeignKey("checkpoints.id", ondelete="SET NULL"))
    stand_in_id: Mapped[int | None] = mapped_column(
        ForeignKey("checkpoints.id", ondelete="SET NULL")
    )
    digest: Mapped[str | None]
    bytes: Mapped[Big | None]
    parameters: Mapped[Big | None]
    context_length: Mapped[int | None]


class Popularity(Base):
    """One dated point of a repository's popularity, at most one a day."""

    __tablename__ = "popularity"
    __table_args__ = ({"sqlite_with_rowid": False},)

    repository_id: Mapped[int] = mapped_column(
        ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    downloads: Mapped[Big]
    downloads_all_time: Mapped[Big | None]
    likes: Mapped[int | None]


class OptOut(Base):
    """An author, or a repository, that asked not to be listed; in lower case."""

    __tablename__ = "opt_outs"

    name: Mapped[str] = mapped_column(primary_key=True)


class Crawl(Base):
    """One enumeration of a family, or of the whole hub; `state` is where it goes on."""

    __tablename__ = "crawls"

    id: Mapped[Key]
    hub: Mapped[str]
    family_id: Mapped[int | None] = mapped_column(ForeignKey("families.id", ondelete="CASCADE"))
    strategy: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    state: Mapped[dict[str, Any]]
    watermark: Mapped[datetime | None]
    requests: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(default=0)


class Frontier(Base):
    """A node that a recursive crawl has met; it is `done` once its children are stored."""

    __tablename__ = "frontier"

    crawl_id: Mapped[int] = mapped_column(
        ForeignKey("crawls.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(primary_key=True)
    done: Mapped[bool] = mapped_column(default=False)


class Stranger(Base):
    """A page of listed models whose parents are unknown to us, kept while the listing lasts."""

    __tablename__ = "strangers"

    id: Mapped[Key]
    crawl_id: Mapped[int] = mapped_column(ForeignKey("crawls.id", ondelete="CASCADE"))
    page: Mapped[bytes]


class Hope(Base):
    """A parent that strangers name, and where those are: the how manieth of all. Goes with them.

    first: the first of the places, which tells apart what was set aside at different times.
    """

    __tablename__ = "hopes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    crawl_id: Mapped[int] = mapped_column(
        ForeignKey("crawls.id", ondelete="CASCADE"), primary_key=True
    )
    parent: Mapped[str] = mapped_column(primary_key=True)
    first: Mapped[int] = mapped_column(primary_key=True)
    places: Mapped[list[int]]


class Oddity(Base):
    """A row that a crawl could not read, and why."""

    __tablename__ = "oddities"

    id: Mapped[Key]
    crawl_id: Mapped[int] = mapped_column(ForeignKey("crawls.id", ondelete="CASCADE"), index=True)
    name: Mapped[str | None]
    reason: Mapped[str]
    seen_at: Mapped[datetime]
