"""What was answered and graded before, and where new answers go: the scan's view of the catalog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


class Record:
    """Scores by checkpoint and prompt, read from the catalog once and kept up with it.

    A prompt is known by its hash: the same question in two suites is one question.
    """

    def __init__(self, catalog: Catalog, terms: Terms) -> None:
        self._catalog = catalog
        self._terms = terms
        self._known: dict[int, dict[str, float]] = {}

    def missing(self, candidate: Candidate, prompts: Sequence[Prompt]) -> list[Prompt]:
        """The prompts that the candidate has not answered on these terms."""
        known = self._scores(candidate, prompts)
        return [prompt for prompt in prompts if prompt.hash not in known]

    def scores(self, candidate: Candidate, prompts: Sequence[Prompt]) -> Floats:
        """Scores in [0, 1], (prompts,); NaN where there is no answer."""
        known = self._scores(candidate, prompts)
        return np.array([known.get(prompt.hash, np.nan) for prompt in prompts])

    def texts(self, candidate: Candidate, prompts: Sequence[Prompt]) -> list[str | None]:
        """Raw answers; None where there is none."""
        with self._catalog.read() as session:
            ids = answers.answered(session, asked(candidate), self._terms)
            said = answers.texts(session, [ids[p.hash] for p in prompts if p.hash in ids])
        return [said[ids[p.hash]] if p.hash in ids else None for p in prompts]

    def keep(
        self,
        said: Mapping[int, Sequence[NewAnswer]],
        who: Sequence[Candidate],
        charges: Mapping[int, tuple[int, Charge]],
    ) -> None:
        """Commit answers as they landed, with what they cost, in one transaction.

        said: new answers by checkpoint id. charges: (visit, costs) by checkpoint id.
        """
        with self._catalog.write() as session:
            for candidate in who:
                visit_id, costs = charges[candidate.checkpoint_id]
                scans.charge(session, visit_id, costs)
                answers.add_answers(
                    session,
                    asked(candidate),
                    self._terms,
                    visit_id,
                    said[candidate.checkpoint_id],
                )

    def grade(self, candidate: Candidate, prompts: Sequence[Prompt]) -> float:
        """Grade what is answered and not graded by today's graders; returns the seconds it took."""
        began = perf_counter()
        who = asked(candidate)
        with self._catalog.read() as session:
            ids = answers.answered(session, who, self._terms)
            scores = answers.scores(session, who, self._terms)
            ungraded = {
                prompt.hash: prompt
                for prompt in prompts
                if prompt.hash in ids and (prompt.hash, *_grader(prompt)) not in scores
            }
            said = answers.texts(session, [ids[key] for key in ungraded])
        known = self._known.setdefault(candidate.checkpoint_id, {})
        for prompt in prompts:
            if (prompt.hash, *_grader(prompt)) in scores:
                known[prompt.hash] = scores[prompt.hash, *_grader(prompt)]
        todo = list(ungraded.values())
        grades = grading.grade_all([(prompt, said[ids[prompt.hash]]) for prompt in todo])
        if grades:
            with self._catalog.write() as session:
                answers.add_grades(
                    session,
                    (
                        NewGrade(
                            ids[prompt.hash],
                            *_grader(prompt),
                            score=grade.score,
                            extracted=grade.extracted,
                            note=grade.note,
                        )
                        for prompt, grade in zip(todo, grades, strict=True)
                    ),
                )
        known.update((p.hash, g.score) for p, g in zip(todo, grades, strict=True))
        return perf_counter() - began

    def _scores(self, candidate: Candidate, prompts: Sequence[Prompt]) -> dict[str, float]:
        known = self._known.get(candidate.checkpoint_id)
        if known is None or any(prompt.hash not in known for prompt in prompts):
            self.grade(candidate, prompts)
        return self._known[candidate.checkpoint_id]


def _grader(prompt: Prompt) -> tuple[str, str]:
    """The grader that grades a prompt today, and its version."""
    name, _, version = grading.version(prompt).partition("/")
    return name, version
