"""What is not ranked, and why: excluded, failed, and not yet evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog import opting_out
from catalog.household import current, opted_out
from catalog.reports.standings import UNRANKED
from catalog.tables import Checkpoint, Failure, Member, Repository, Ruling
from catalog.words import Reason, Stage, Status, Verdict

UNVETTED = "Vetting has not looked at it yet."
WAITING = "It passed vetting, and no scan has come to it yet."
AT_STAGE = {
    Stage.FETCH: "Its files could not be fetched.",
    Stage.LOAD: "Its weights could not be loaded.",
    Stage.RENDER: "Its chat template could not be used.",
    Stage.GENERATE: "It did not generate.",
    Stage.GRADE: "Its answers could not be graded.",
}


@dataclass(frozen=True, slots=True)
class Unranked:
    """A checkpoint without a rank. why: a closed word; sentence: that word for people."""

    verdict: str
    why: str
    sentence: str
    hub: str
    hub_id: str
    name: str
    relation: str | None
    detail: str | None
    since: datetime | None


def unranked(session: Session, family_id: int, scan_id: int | None) -> list[Unranked]:
    """A family's checkpoints that `scan_id` (None: no scan yet) has no rank for."""
    failures = {
        failure.checkpoint_id: failure
        for failure in session.scalars(select(Failure).where(Failure.scan_id == scan_id))
    }
    ruled = set(
        session.scalars(
            select(Checkpoint.repository_id)
            .join(Ruling, Ruling.checkpoint_id == Checkpoint.id)
            .where(
                Ruling.scan_id == scan_id, Ruling.category == "", Ruling.verdict.not_in(UNRANKED)
            )
        )
    )
    unlisted = opting_out.opted_out(session)
    found = []
    for row in session.connection().execute(
        select(
            Repository.id,
            Repository.hub,
            Repository.hub_id,
            Repository.name,
            func.coalesce(Checkpoint.relation, Member.relation).label("relation"),
            Checkpoint.id.label("checkpoint_id"),
            Checkpoint.status,
            Checkpoint.reason,
            Checkpoint.detail,
            Checkpoint.vetted_at,
        )
        .join_from(Member, Repository, Repository.id == Member.repository_id)
        .outerjoin(Checkpoint, current())
        .where(Member.family_id == family_id, Member.repository_id.not_in(opted_out()))
    ):
        if row.id in ruled and row.status != Status.EXCLUDED:
            continue
        failure = failures.get(row.checkpoint_id)
        verdict, why, sentence = Verdict.NOT_YET_EVALUATED, "unvetted", UNVETTED
        detail, since = row.detail, row.vetted_at
        if row.status == Status.EXCLUDED:
            verdict, why, sentence = Verdict.EXCLUDED, *_reason(row.reason)
        elif failure is not None:
            verdict, why = Verdict.FAILED, f"{failure.stage}: {failure.kind}"
            sentence = AT_STAGE.get(Stage(failure.stage), "") if failure.stage in _STAGES else ""
            detail, since = failure.detail, failure.failed_at
        elif row.status == Status.CANDIDATE:
            why, sentence = "waiting", WAITING
        detail = detail and unlisted.conceal(detail)
        found.append(
            Unranked(
                verdict, why, sentence, row.hub, row.hub_id, row.name, row.relation, detail, since
            )
        )
    return sorted(found, key=lambda u: (_ORDER[u.verdict], u.why, u.name))


_STAGES = frozenset(Stage)
_ORDER: dict[str, int] = {Verdict.FAILED: 0, Verdict.NOT_YET_EVALUATED: 1, Verdict.EXCLUDED: 2}


_REASONS: dict[str | None, Reason] = {reason.value: reason for reason in Reason}


def _reason(word: str | None) -> tuple[str, str]:
    reason = _REASONS.get(word)
    return (word or "unknown", "") if reason is None else (reason.value, reason.sentence)
