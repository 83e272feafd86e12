"""What was answered and graded before, and where new answers go: the scan's view of the catalog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from catalog import answers, scans
from catalog.answers import Asked, NewAnswer, NewGrade, Terms
from catalog.candidates import Candidate
from catalog.database import Catalog
from catalog.scans import Charge
from evaluator import grading
from evaluator.suites import Prompt

Floats = NDArray[np.float64]


def asked(candidate: Candidate) -> Asked:
    """Who is asked: an adapter's answers belong to its base's commit too."""
    return Asked(candidate.checkpoint_id, candidate.base.sha if candidate.base else "")


@lru_cache(maxsize=1 << 16)
def key_of(prompt: Prompt) -> str:
    """The prompt's hash, computed once."""
    return prompt.hash


@dataclass(frozen=True, slots=True)
class Landed:
    """New answers of one checkpoint, and what its visit has cost since it was last charged."""

    candidate: Candidate
    visit_id: int
    costs: Charge
    answers: Sequence[NewAnswer]


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds it took to store answers, and to grade them."""

    store: float
    grade: float


class Record:
    """Scores by checkpoint and prompt, read from the catalog once and kept up with it.

    A prompt is known by its hash: the same question in two suites is one question.
    prompts: all that the scan may ask. boxed: whether code is graded in the sandbox only.
    """

    def __init__(
        self, catalog: Catalog, terms: Terms, prompts: Sequence[Prompt], *, boxed: bool = True
    ) -> None:
        self._catalog = catalog
        self._terms = terms
        self._prompts = {key_of(prompt): prompt for prompt in prompts}
        self._boxed = boxed
        self._known: dict[int, dict[str, float]] = {}

    def missing(self, candidate: Candidate, prompts: Sequence[Prompt]) -> list[Prompt]:
        """The prompts that the candidate has not answered on these terms."""
        known = self._scores(candidate)
        return [prompt for prompt in prompts if key_of(prompt) not in known]

    def scores(self, candidate: Candidate, prompts: Sequence[Prompt]) -> Floats:
        """Scores in [0, 1], (prompts,); NaN where there is no answer."""
        known = self._scores(candidate)
        return np.array([known.get(key_of(prompt), np.nan) for prompt in prompts])

    def texts(self, candidate: Candidate, prompts: Sequence[Prompt]) -> list[str | None]:
        """Raw answers; None where there is none."""
        with self._catalog.read() as session:
            ids = answers.answered(session, asked(candidate), self._terms)
            said = answers.texts(session, [ids[key_of(p)] for p in prompts if key_of(p) in ids])
        return [said[ids[key_of(p)]] if key_of(p) in ids else None for p in prompts]

    def keep(self, landed: Sequence[Landed]) -> Times:
        """Commit answers as they landed, with what they cost, in one transaction; grade them then.

        What was killed in between is graded when the record is next opened.
        """
        began = perf_counter()
        ids: list[dict[str, int]] = []
        with self._catalog.write() as session:
            for each in landed:
                scans.charge(session, each.visit_id, each.costs)
                who = asked(each.candidate)
                ids.append(
                    answers.add_answers(session, who, self._terms, each.visit_id, each.answers)
                )
        stored = perf_counter()
        for each, own in zip(landed, ids, strict=True):
            if len(own) < len(each.answers):  # another scan has stored some of them meanwhile
                self._known[each.candidate.checkpoint_id] = self._opened(asked(each.candidate))
                continue
            texts = {answer.prompt_hash: answer.text for answer in each.answers}
            known = self._scores(each.candidate)
            known.update(self._grade({key: (own[key], text) for key, text in texts.items()}))
        return Times(store=stored - began, grade=perf_counter() - stored)

    def _scores(self, candidate: Candidate) -> dict[str, float]:
        """Score by prompt hash, of all that the scan may ask."""
        if candidate.checkpoint_id not in self._known:
            self._known[candidate.checkpoint_id] = self._opened(asked(candidate))
        return self._known[candidate.checkpoint_id]

    def _opened(self, who: Asked) -> dict[str, float]:
        """What is stored of a checkpoint, graded by today's graders."""
        with self._catalog.read() as session:
            every = answers.answered(session, who, self._terms)
            ids = {key: every[key] for key in self._prompts if key in every}
            stored = answers.scores(session, who, self._terms)
            keys = {key: (key, *grader_of(self._prompts[key])) for key in ids}
            known = {key: stored[keys[key]] for key in ids if keys[key] in stored}
            ungraded = [key for key in ids if key not in known]
            texts = answers.texts(session, [ids[key] for key in ungraded])
        known.update(self._grade({key: (ids[key], texts[ids[key]]) for key in ungraded}))
        return known

    def _grade(self, said: Mapping[str, tuple[int, str]]) -> dict[str, float]:
        """Grade answers (id and text by prompt hash), and commit the grades."""
        pairs = [(self._prompts[key], text) for key, (_, text) in said.items()]
        if not pairs:
            return {}
        grades = grading.grade_all(pairs, boxed=self._boxed)
        with self._catalog.write() as session:
            answers.add_grades(
                session,
                [
                    NewGrade(
                        answer_id,
                        *grader_of(prompt),
                        score=grade.score,
                        extracted=grade.extracted,
                        note=grade.note,
                    )
                    for (answer_id, _), (prompt, _), grade in zip(
                        said.values(), pairs, grades, strict=True
                    )
                ],
            )
        return {key: grade.score for key, grade in zip(said, grades, strict=True)}


def grader_of(prompt: Prompt) -> tuple[str, str]:
    """The grader that grades a prompt today, and its version."""
    name, _, version = grading.version(prompt).partition("/")
    return name, version
