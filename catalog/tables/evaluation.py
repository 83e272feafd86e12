"""What evaluation made: suites, plans, scans, visits, answers, grades, failures, rulings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from catalog.columns import Base, Big, CheckpointKey, Key
from catalog.words import Outcome, ScanStatus


class Suite(Base):
    """A versioned set of prompts; the version is a hash of its content."""

    __tablename__ = "suites"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[Key]
    name: Mapped[str]
    version: Mapped[str]
    created_at: Mapped[datetime]


class Prompt(Base):
    """One prompt of a suite; `content` is all that its hash covers, gold answer included."""

    __tablename__ = "prompts"

    suite_id: Mapped[int] = mapped_column(
        ForeignKey("suites.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    category: Mapped[str]
    hash: Mapped[str] = mapped_column(index=True)
    part: Mapped[str]
    content: Mapped[dict[str, Any]]
    retired_at: Mapped[datetime | None]


class Plan(Base):
    """What is fixed before the first query of a (family, suite, seed): the order, and prices.

    order: prompt keys in the order everyone is asked them.
    settings: load price, item weights and cuts as the policy was given them.
    """

    __tablename__ = "plans"
    __table_args__ = (UniqueConstraint("family_id", "suite_id", "seed", "generation"),)

    id: Mapped[Key]
    family_id: Mapped[int] = mapped_column(ForeignKey("families.id", ondelete="CASCADE"))
    suite_id: Mapped[int] = mapped_column(ForeignKey("suites.id", ondelete="CASCADE"))
    seed: Mapped[int]
    generation: Mapped[int] = mapped_column(default=1)
    order: Mapped[list[str]]
    settings: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class Scan(Base):
    """One search. `arms` are checkpoint ids in the order the policy knows them by."""

    __tablename__ = "scans"

    id: Mapped[Key]
    family_id: Mapped[int] = mapped_column(ForeignKey("families.id", ondelete="CASCADE"))
    suite_id: Mapped[int] = mapped_column(ForeignKey("suites.id", ondelete="CASCADE"))
    confirm_id: Mapped[int | None] = mapped_column(ForeignKey("suites.id", ondelete="SET NULL"))
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id", ondelete="CASCADE"))
    policy: Mapped[str]
    budget: Mapped[float]
    top_k: Mapped[int] = mapped_column(default=1)
    seed: Mapped[int]
    engine: Mapped[str]
    dtype: Mapped[str]
    decoding: Mapped[dict[str, Any]]
    arms: Mapped[list[int]]
    status: Mapped[str] = mapped_column(default=ScanStatus.RUNNING)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    report: Mapped[dict[str, Any]]


class Visit(Base):
    """One load of one checkpoint, what it was asked meanwhile, and what that cost."""

    __tablename__ = "visits"

    id: Mapped[Key]
    scan_id: Mapped[int] = mapped_column(ForeignKey("scans.id", ondelete="CASCADE"), index=True)
    checkpoint_id: Mapped[CheckpointKey]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default=Outcome.OPEN)
    loads: Mapped[float] = mapped_column(default=0.0)
    swaps: Mapped[float] = mapped_column(default=0.0)
    queries: Mapped[int] = mapped_column(default=0)
    prompt_tokens: Mapped[int] = mapped_column(default=0)
    answer_tokens: Mapped[int] = mapped_column(default=0)
    truncated: Mapped[int] = mapped_column(default=0)
    download_seconds: Mapped[float] = mapped_column(default=0.0)
    load_seconds: Mapped[float] = mapped_column(default=0.0)
    generate_seconds: Mapped[float] = mapped_column(default=0.0)
    grade_seconds: Mapped[float] = mapped_column(default=0.0)
    store_seconds: Mapped[float] = mapped_column(default=0.0)


class Answer(Base):
    """The raw text one checkpoint gave to one prompt under one decoding: paid for once."""

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint(
            "checkpoint_id",
            "base_sha",
            "prompt_hash",
            "rendered_hash",
            "decoding_hash",
            "engine",
            "dtype",
            name="uq_answers_key",
        ),
    )

    id: Mapped[Key]
    checkpoint_id: Mapped[CheckpointKey]
    base_sha: Mapped[str] = mapped_column(default="")
    prompt_hash: Mapped[str] = mapped_column(index=True)
    rendered_hash: Mapped[str]
    decoding_hash: Mapped[str]
    engine: Mapped[str]
    dtype: Mapped[str]
    visit_id: Mapped[int | None] = mapped_column(
        ForeignKey("visits.id", ondelete="SET NULL"), index=True
    )
    text: Mapped[str]
    finish: Mapped[str]
    template: Mapped[str]
    prompt_tokens: Mapped[int]
    answer_tokens: Mapped[int]
    created_at: Mapped[datetime]


class Grade(Base):
    """What one version of a grader made of an answer."""

    __tablename__ = "grades"

    answer_id: Mapped[int] = mapped_column(
        ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True
    )
    grader: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    score: Mapped[float]
    extracted: Mapped[str | None]
    note: Mapped[str | None]
    graded_at: Mapped[datetime]


class Failure(Base):
    """A candidate dropped out of a scan: at which stage, why, and when.

    base_sha: of an adapter, the commit of the base it was asked on, as in `Answer`.
    """

    __tablename__ = "failures"
    __table_args__ = (UniqueConstraint("scan_id", "checkpoint_id"),)

    id: Mapped[Key]
    scan_id: Mapped[int] = mapped_column(ForeignKey("scans.id", ondelete="CASCADE"))
    checkpoint_id: Mapped[CheckpointKey]
    base_sha: Mapped[str] = mapped_column(default="", server_default="")
    stage: Mapped[str]
    kind: Mapped[str]
    detail: Mapped[str]
    failed_at: Mapped[datetime]


class Ruling(Base):
    """A scan's verdict on one checkpoint, with its numbers; category "" is overall.

    delta, p: smallest paired difference to a popular checkpoint, and the largest one-sided
    p-value of those. optimistic: scored on the prompts that selected it.
    """

    __tablename__ = "rulings"

    scan_id: Mapped[int] = mapped_column(
        ForeignKey("scans.id", ondelete="CASCADE"), primary_key=True
    )
    checkpoint_id: Mapped[int] = mapped_column(
        ForeignKey("checkpoints.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    category: Mapped[str] = mapped_column(primary_key=True, default="")
    verdict: Mapped[str]
    position: Mapped[int | None]
    score: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    n: Mapped[int]
    delta_vs_popular: Mapped[float | None]
    p: Mapped[float | None]
    tie_group: Mapped[int | None]
    behaviour_group: Mapped[int | None]
    rung: Mapped[int | None]
    optimistic: Mapped[bool]
    popular: Mapped[bool]
    downloads: Mapped[Big | None]
