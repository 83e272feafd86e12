"""Every published number of a scan, made again from the stored answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from catalog import answers, archive, scans
from catalog.database import Catalog
from catalog.rulings import Ruled
from evaluator import report
from evaluator.agreement import Disagreement, compare
from evaluator.archive import Archive, Reading, in_force, open_archive
from evaluator.record import grader_of, key_of
from evaluator.regrade import grade_again
from evaluator.rerun import rerun
from evaluator.scan import finalists
from evaluator.search.errors import SearchError
from evaluator.search.protocol import Standing

if TYPE_CHECKING:
    from evaluator.scan import Watch

ANSWERED = ("queries", "prompt_tokens", "answer_tokens", "truncated")
"""Costs that can be counted from the answers themselves."""


@dataclass(slots=True)
class _Graded:
    """All answers, graded again.

    scores, seen: by checkpoint id, then by prompt hash: as graded now, and as the search saw them,
    which differs where a grader has a newer version. versions: (grader, stored version) of grades
    that no grader of today can make again.
    """

    scores: dict[int, dict[str, float]] = field(default_factory=dict)
    seen: dict[int, dict[str, float]] = field(default_factory=dict)
    versions: dict[tuple[str, str], str] = field(default_factory=dict)
    faults: list[Disagreement] = field(default_factory=list)
    answers: int = 0


def verify(catalog: Catalog, scan_id: int, watch: Watch, *, boxed: bool = True) -> dict[str, Any]:
    """Compare grades, rulings, the search and the report of a finished scan with its answers.

    Taken as given: what `Archive` lists, and seconds that a clock measured. boxed: whether code is
    graded in the sandbox only. Raises CatalogError, ScanError, and SandboxMissing.
    """
    archived = open_archive(catalog, scan_id)
    graded = _grade(catalog, archived, watch, boxed=boxed)
    rows = report.rule(archived.outcome(), Reading(catalog, archived, graded.scores))
    found = [
        *archived.faults,
        *graded.faults,
        *_rulings(archived, rows),
        *_leaderboard(catalog, archived, rows),
        *_search(archived, graded.seen),
        *_counts(archived),
        *_costs(catalog, archived),
    ]
    return {
        "scan": scan_id,
        "family": archived.scan.family,
        "suite": archived.scan.suite,
        "agrees": not found,
        "checked": {
            "checkpoints": len(archived.plan.arms),
            "answers": graded.answers,
            "rulings": len(archived.ruled),
            "leaderboard": len(archived.scan.report.get("leaderboard", ())),
        },
        "notes": _notes(archived, graded, found),
        "disagreements": [{**asdict(each), "line": str(each)} for each in found],
    }


def _notes(archived: Archive, graded: _Graded, found: Sequence[Disagreement]) -> list[str]:
    """What may explain disagreements that nobody is to blame for."""
    notes = [
        f"{grader} graded this scan in version {before}, and is at version {now}:"
        f" gems regrade {archived.scan.scan_id} brings it up to date"
        for (grader, before), now in sorted(graded.versions.items())
    ]
    if any(each.where.startswith("search") for each in found):
        policy = archived.scan.policy
        notes.append(f"the search is driven as {policy} would go today: it may have changed since")
    return notes


def _grade(catalog: Catalog, archived: Archive, watch: Watch, *, boxed: bool) -> _Graded:
    """Grade every answer again, and compare where the same version of its grader did before."""
    graded = _Graded()
    watch.expect(len(archived.plan.arms))
    for arm, said in archived.read(catalog):
        now = graded.scores[arm.checkpoint_id] = {}
        seen = graded.seen[arm.checkpoint_id] = {}
        for answer, grade in zip(said, grade_again(archived, said, boxed=boxed), strict=True):
            prompt = archived.prompts[answer.prompt_hash]
            today = grader_of(prompt)
            now[answer.prompt_hash] = seen[answer.prompt_hash] = grade.score
            where = f"answer of {arm.name} to {prompt.id}"
            same = [g.score for g in answer.grades if (g.grader, g.version) == today]
            if same and same[0] != grade.score:
                graded.faults.append(Disagreement(where, "grade", same[0], grade.score))
            counts = in_force(answer, archived.graded_at)
            if counts is None:
                graded.faults.append(Disagreement(where, "grade", None, grade.score))
            elif (counts.grader, counts.version) != today:
                graded.versions[counts.grader, counts.version] = today[1]
            then = in_force(answer, archived.scan.finished_at)
            if then is not None and (then.grader, then.version) != today:
                seen[answer.prompt_hash] = then.score
        graded.answers += len(said)
        watch.advance(note=arm.name)
    return graded


def _rulings(archived: Archive, rows: Sequence[Ruled]) -> Iterator[Disagreement]:
    """Rulings beside those that the answers give."""
    names = {arm.checkpoint_id: arm.name for arm in archived.plan.arms}
    found = {(row.checkpoint_id, row.category): row for row in rows}
    for key in sorted({*archived.ruled, *found}):
        checkpoint, category = key
        name = names.get(checkpoint, f"checkpoint {checkpoint}")
        where = f"{name}, {category}" if category else name
        before, after = archived.ruled.get(key), found.get(key)
        if before is None or after is None:
            verdicts = [None if row is None else str(row.verdict) for row in (before, after)]
            yield Disagreement(where, "ruling", *verdicts)
        else:
            yield from compare(where, asdict(before), asdict(after))


def _leaderboard(
    catalog: Catalog, archived: Archive, rows: Sequence[Ruled]
) -> Iterator[Disagreement]:
    """The report's leaderboard beside the one that the answers give."""
    stored = archived.scan.report.get("leaderboard", [])
    found = report.leaderboard(rows, archived.plan.arms)
    if len(stored) != len(found):
        yield Disagreement("leaderboard", "length", len(stored), len(found))
    with catalog.read() as session:
        known = archive.names_of(session, archived.scan.arms)
    names = {arm.name: known[arm.checkpoint_id] for arm in archived.plan.arms}
    for place, (before, after) in enumerate(zip(stored, found, strict=False), start=1):
        # A repository that was renamed since is still the same.
        same = before.get("checkpoint") in names[after["checkpoint"]]
        named = {"checkpoint": before["checkpoint"]} if same else {}
        yield from compare(f"leaderboard, row {place}", before, after | named)


def _search(archived: Archive, seen: Mapping[int, Mapping[str, float]]) -> list[Disagreement]:
    """The search beside what its policy does with the scores that it saw.

    Someone who dropped out half-way did so from the start if the scan was resumed: either will do.
    """
    accounts = []
    for known in (False, True):
        try:
            standing = rerun(archived, seen, known=known)
        except SearchError as error:
            return [Disagreement("search", "policy", archived.scan.policy, str(error))]
        accounts.append(list(_went(archived, standing)))
        if not accounts[-1]:
            return []
    return min(accounts, key=len)


def _went(archived: Archive, standing: Standing) -> Iterator[Disagreement]:
    """Where the search went another way than `standing` says."""
    plan, told = archived.plan, archived.scan.report
    for place, arm in enumerate(plan.arms):
        row = archived.ruled.get((arm.checkpoint_id, ""))
        rung = None if standing.rung[place] < 0 else int(standing.rung[place])
        if row is not None and arm.checkpoint_id not in archived.dropped and row.rung != rung:
            yield Disagreement(f"search, {arm.name}", "rung", row.rung, rung)
    confirmed = finalists(plan, standing, archived.scan.top_k) if plan.paper.confirmation else []
    names = [
        sorted(plan.arms[arm].name for arm in arms if plan.arms[arm].checkpoint_id not in lost)
        for arms, lost in ((archived.confirmed, ()), (confirmed, archived.dropped))
    ]
    if told.get("stopped"):  # not everyone to be confirmed was
        names[1] = [name for name in names[1] if name in names[0]]
    there = {"confirmed": names[0]}
    there |= {name: told[name] for name in ("confirmation", "rungs") if name in told}
    counts = {"prompts": len(plan.paper.confirmation), "checkpoints": len(confirmed)}
    here = {"confirmed": names[1], "confirmation": counts, "rungs": report.rungs(standing, plan)}
    yield from compare("search", there, here)


def _counts(archived: Archive) -> Iterator[Disagreement]:
    """What the report says of the scan itself."""
    scan = archived.scan
    found = {
        "scan": scan.scan_id,
        "family": scan.family,
        "suite": scan.suite,
        "policy": scan.policy,
        "candidates": len(scan.arms) - len(archived.plan.gone),
        "failed": report.failures(archived.dropped),
    }
    yield from compare("report", {name: scan.report.get(name) for name in found}, found)


def _costs(catalog: Catalog, archived: Archive) -> Iterator[Disagreement]:
    """Costs beside the visits they were charged to, and these beside the answers."""
    scan_id, told = archived.scan.scan_id, archived.scan.report
    with catalog.read() as session:
        spent = scans.costs(session, scan_id)
        counted = archive.charged_by_answers(session, scan_id)
        paid = answers.asked_in(session, scan_id)
    yield from compare(
        "visits",
        {name: getattr(spent, name) for name in ANSWERED},
        {name: getattr(counted, name) for name in ANSWERED},
    )
    selecting = {key_of(prompt) for prompt in archived.plan.paper.selection}
    searched = sum(count for key, count in paid.items() if key in selecting)
    stored = dict(told.get("cost", {}))
    seconds = stored.pop("seconds", {})
    found = report.cost(spent, searched, seconds.get("total", 0.0))
    yield from compare("cost", seconds, found.pop("seconds"))
    yield from compare("cost", stored, found)
    if spent.loads:
        # Without a load, the price is that of scans before.
        yield from compare("price", told.get("price", {}), report.price(spent))
