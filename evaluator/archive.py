"""A finished scan read back from the catalog: what was given, and what it ruled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from catalog import archive, nights
from catalog.answers import Terms
from catalog.archive import AnswerThen, GradeThen, Stored
from catalog.candidates import Candidate, family_named
from catalog.database import Catalog, Session
from catalog.nights import Trial
from catalog.rulings import Ruled, rulings_of
from catalog.scans import Dropped, Parameters, dropped
from catalog.suites import AskedPrompt, prompts_of
from catalog.words import Part, Verdict
from evaluator.agreement import Disagreement
from evaluator.decoding import decoding_hash
from evaluator.errors import ScanError
from evaluator.plan import UNMEASURED_LOAD, Paper, Plan
from evaluator.record import asked, key_of
from evaluator.report import Outcome
from evaluator.search.protocol import Standing
from evaluator.suites import Prompt
from evaluator.suites.prompt import GRADERS, Example

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Archive:
    """What a finished scan had before it, and what it ruled.

    Given, since no answer tells it: who was popular, with how many downloads, which roots blocked,
    where the search stopped each checkpoint, who was confirmed and who dropped out.

    ruled: the stored rulings by (checkpoint id, category). previous, past: see `Outcome`.
    faults: what of it contradicts itself.
    """

    scan: Stored
    terms: Terms
    plan: Plan
    ruled: Mapping[tuple[int, str], Ruled]
    dropped: Mapping[int, Dropped]
    previous: Mapping[tuple[int, str], Verdict]
    past: Sequence[Trial] | None
    faults: tuple[Disagreement, ...]

    @cached_property
    def prompts(self) -> dict[str, Prompt]:
        """All prompts by hash."""
        return {key_of(prompt): prompt for prompt in self.plan.paper.prompts}

    @property
    def graded_at(self) -> datetime:
        """When the grades were last made that the rulings come from."""
        again = self.scan.report.get("regraded_at")
        return self.scan.finished_at if again is None else datetime.fromisoformat(again)

    @property
    def confirmed(self) -> tuple[int, ...]:
        """The arms that were confirmed."""
        return tuple(
            place
            for place, arm in enumerate(self.plan.arms)
            if (row := self.ruled.get((arm.checkpoint_id, ""))) is not None and not row.optimistic
        )

    def outcome(self) -> Outcome:
        """What was judged. Nobody's order and estimates are known, and nobody's are judged."""
        arms = len(self.plan.arms)
        rows = [self.ruled.get((arm.checkpoint_id, "")) for arm in self.plan.arms]
        standing = Standing(
            order=(),
            estimate=np.full(arms, np.nan),
            asked=np.zeros(arms, dtype=np.int64),
            rung=np.array([-1 if row is None or row.rung is None else row.rung for row in rows]),
            failed=np.array([arm.checkpoint_id in self.dropped for arm in self.plan.arms]),
        )
        blocking = len(self.scan.report.get("blocking", ()))
        return Outcome(
            self.plan,
            standing,
            self.confirmed,
            self.dropped,
            blocking,
            self.previous,
            self.past,
            nights.terms_of(_parameters(self.scan)),
        )

    def read(self, catalog: Catalog) -> Iterator[tuple[Candidate, list[AnswerThen]]]:
        """Each arm, with its answers to the scan's prompts by the time it ended."""
        for arm in self.plan.arms:
            with catalog.read() as session:
                said = archive.answers_then(session, asked(arm), self.scan, self.terms)
            # Of answers on other renderings of one prompt, the last one counts, as in a scan.
            latest = {answer.prompt_hash: answer for answer in said}
            yield arm, [answer for key, answer in latest.items() if key in self.prompts]


class Reading:
    """The answers of an archive, under the scores that it is given.

    scores: by checkpoint id, then by prompt hash.
    """

    def __init__(
        self, catalog: Catalog, archive: Archive, scores: Mapping[int, Mapping[str, float]]
    ) -> None:
        self._catalog = catalog
        self._archive = archive
        self._scores = scores

    def scores(self, candidate: Candidate, prompts: Sequence[Prompt]) -> Floats:
        """Scores in [0, 1], (prompts,); NaN where there is no answer."""
        known = self._scores.get(candidate.checkpoint_id, {})
        return np.array([known.get(key_of(prompt), np.nan) for prompt in prompts])

    def texts(self, candidate: Candidate, prompts: Sequence[Prompt]) -> list[str | None]:
        """Raw answers; None where there is none."""
        scan, terms = self._archive.scan, self._archive.terms
        with self._catalog.read() as session:
            said = archive.answers_then(session, asked(candidate), scan, terms)
        known = {answer.prompt_hash: answer.text for answer in said}
        return [known.get(key_of(prompt)) for prompt in prompts]


def choose(catalog: Catalog, scan_id: int | None, family: str | None) -> int:
    """The scan that is meant: the one named, else the newest finished one, of that family if one
    is named. Raises CatalogError without any, ScanError for a scan of another family."""
    with catalog.read() as session:
        family_id = None if family is None else family_named(session, family).id
        if scan_id is None:
            return archive.newest_finished(session, family_id)
        scan = archive.finished_scan(session, scan_id)
    if family is not None and scan.family != family:
        raise ScanError(
            f"scan {scan_id} is one of {scan.family}, not of {family}: name one of them"
        )
    return scan_id


def open_archive(catalog: Catalog, scan_id: int) -> Archive:
    """Read a finished scan. Raises CatalogError where there is none, ScanError for a broken one."""
    with catalog.read() as session:
        scan = archive.finished_scan(session, scan_id)
        terms = Terms(decoding_hash(scan.decoding), scan.engine, scan.dtype)
        ruled = {(r.checkpoint_id, r.category): r for r in rulings_of(session, scan_id, None)}
        selection, confirmation, faults = _prompts(session, scan)
        found = archive.checkpoints_asked(session, scan, terms)
        gone = [str(arm) for arm in scan.arms if arm not in found]
        if gone:
            raise ScanError(
                f"scan {scan_id} asked checkpoints that are no longer in the catalog"
                f" ({', '.join(gone[:5])}): restore a backup"
            )
        overall = {checkpoint: row for (checkpoint, name), row in ruled.items() if name == ""}
        before = nights.chain(session, _parameters(scan), scan.finished_at)
        if scan.arms[: len(before.arms)] != before.arms:
            before = nights.Chain()
        fresh = len(scan.arms) - len(before.arms)
        waves = (*before.waves, fresh) if before.waves and fresh else before.waves
        paper = Paper(
            suite=scan.suite,
            version=scan.version,
            selection=selection,
            confirmation=confirmation,
            confirms="",
        )
        plan = Plan(
            family_id=scan.family_id,
            suite_id=scan.suite_id,
            confirm_id=scan.confirm_id,
            plan_id=scan.plan_id,
            paper=paper,
            order=np.arange(len(selection)),
            arms=tuple(_as_it_was(found[arm], overall.get(arm)) for arm in scan.arms),
            popular=frozenset(arm for arm, row in overall.items() if row.popular),
            load_price=float(scan.settings.get("load_price", UNMEASURED_LOAD)),
            waves=waves,
            opening=before.opening,
            gone=frozenset(scan.arms) - set(overall),
        )
        nightly = scan.report.get("nightly")
        return Archive(
            scan=scan,
            terms=terms,
            plan=plan,
            ruled=ruled,
            dropped=dropped(session, scan_id),
            previous=archive.verdicts_before(session, scan),
            past=nights.past_tests(session, scan.family_id, scan.finished_at) if nightly else None,
            faults=tuple(faults),
        )


def in_force(answer: AnswerThen, moment: datetime) -> GradeThen | None:
    """The grade that counted at a moment: the newest by then."""
    return next((g for g in reversed(answer.grades) if g.graded_at <= moment), None)


def _parameters(scan: Stored) -> Parameters:
    return Parameters(**{name: getattr(scan, name) for name in Parameters.__dataclass_fields__})


def _as_it_was(candidate: Candidate, row: Ruled | None) -> Candidate:
    return replace(candidate, downloads=0 if row is None else row.downloads or 0)


def _prompts(
    session: Session, scan: Stored
) -> tuple[tuple[Prompt, ...], tuple[Prompt, ...], list[Disagreement]]:
    """The prompts that selected, in the plan's order, those that confirmed, and what is wrong."""
    asked_first = {row.key: row for row in prompts_of(session, scan.suite_id, Part.SELECTION)}
    if set(asked_first) != set(scan.order):
        raise ScanError(
            f"the plan of scan {scan.scan_id} does not order the prompts of its suite:"
            " restore a backup"
        )
    confirming = (
        [] if scan.confirm_id is None else prompts_of(session, scan.confirm_id, Part.CONFIRMATION)
    )
    rows = [asked_first[key] for key in scan.order] + confirming
    prompts = [_prompt(row) for row in rows]
    faults = [
        Disagreement(f"prompt {row.key}", "hash", row.hash, key_of(prompt))
        for row, prompt in zip(rows, prompts, strict=True)
        if key_of(prompt) != row.hash
    ]
    return tuple(prompts[: len(asked_first)]), tuple(prompts[len(asked_first) :]), faults


def _prompt(row: AskedPrompt) -> Prompt:
    names = {field.name for field in fields(Prompt)}
    content = {"id": row.key, "category": row.category, **row.content}
    content["choices"] = tuple(content.get("choices", ()))
    try:
        content["few_shot"] = tuple(Example(**shown) for shown in content.get("few_shot", ()))
        prompt = Prompt(**{name: value for name, value in content.items() if name in names})
    except TypeError as error:
        raise ScanError(
            f"prompt {row.key} is not stored as it was asked ({error}): restore a backup"
        ) from error
    if prompt.grader not in GRADERS:
        raise ScanError(f"no grader {prompt.grader!r} for prompt {row.key}: upgrade hidden-gems")
    return prompt
