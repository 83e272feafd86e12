"""What is fixed before the first query: who is asked what, in which order, and what loads cost."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog import scans
from catalog.candidates import Candidate, candidates, family_named, popular
from catalog.database import Session
from catalog.suites import AskedPrompt, store_suite
from catalog.words import Part, Relation
from evaluator import grading, suites
from evaluator.errors import ScanError
from evaluator.search.ordering import balanced_order
from evaluator.search.protocol import Problem
from evaluator.settings import Settings
from evaluator.suites import Prompt

Ints = NDArray[np.int64]

UNMEASURED_LOAD = 100.0
"""The price of a load in queries, until scans on this machine have measured it."""

ADAPTER_SHARE = 0.01
"""An adapter's load beside that of a full checkpoint."""

QUERIES_EACH = 50.0
"""Mean queries per candidate where nothing else is asked for: the paper's larger budget."""

PLANNER = "default"
"""The policy that weighs loads against queries."""

WORKERS = 2
"""One checkpoint answers while the next is fetched."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A suite as this scan uses it: what selects, what confirms, and the version of both.

    confirms: the name under which another suite's confirmation prompts are stored, or "" where
        they are a part of the suite itself.
    left_out: how many prompts are not asked because their answers cannot be graded here, and why.
    """

    suite: str
    version: str
    selection: tuple[Prompt, ...]
    confirmation: tuple[Prompt, ...]
    confirms: str
    left_out: tuple[int, str] = (0, "")

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """All of them, each question once."""
        return tuple({p.hash: p for p in (*self.selection, *self.confirmation)}.values())


@dataclass(frozen=True, slots=True)
class Plan:
    """A stored plan. `order` and `categories` are over the items of `paper.selection`.

    arms: the candidates as the policy numbers them: roots and popular ones first.
    load_price: of a full checkpoint, in queries.
    waves, opening: of the scans that this one goes on, see `Problem`. gone: checkpoint ids of arms
        that were candidates then and are none now: told from what they answered, asked nothing,
        judged nowhere.
    """

    family_id: int
    suite_id: int
    confirm_id: int | None
    plan_id: int
    paper: Paper
    order: Ints
    arms: tuple[Candidate, ...]
    popular: frozenset[int]
    load_price: float
    waves: tuple[int, ...] = ()
    opening: int = 0
    gone: frozenset[int] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """The categories of the selection prompts."""
        return tuple(dict.fromkeys(prompt.category for prompt in self.paper.selection))

    @property
    def categories(self) -> Ints:
        """The category of each item, as an index into `names`, (items,)."""
        place = {name: index for index, name in enumerate(self.names)}
        return np.array([place[prompt.category] for prompt in self.paper.selection])

    def problem(self, budget: float, settings: Settings, policy: str) -> Problem:
        """The search, with a mean of `budget` queries per candidate.

        The planner is told the price of a load, and paid everyone's first one beside the queries.
        A policy that a person chose is held to the queries alone.
        """
        full = self.load_price if policy == PLANNER else 0.0
        price = np.array(
            [
                full * (ADAPTER_SHARE if arm.relation == Relation.ADAPTER else 1.0)
                for arm in self.arms
            ]
        )
        named = [i for i, arm in enumerate(self.arms) if arm.checkpoint_id in self.popular]
        return Problem(
            arms=len(self.arms),
            order=self.order,
            categories=self.categories,
            budget=budget + float(price.mean()),
            load_cost=price,
            reload_cost=price,
            seed=settings.seed,
            first=tuple(named),
            workers=WORKERS,
            top_k=settings.top_k,
            everyone=True,
            once=True,
            waves=self.waves,
            opening=self.opening,
        )


def read_paper(suite: str, confirm: str | None, *, boxed: bool = True) -> Paper:
    """The suite asked for, checked, without what cannot be graded here.

    boxed: whether code is graded in the sandbox only: where there is none, its prompts are left
    out. Raises SuiteError, and ScanError where nothing is left.
    """
    loaded = suites.load(suite)
    selection, confirmation = suites.split(loaded, confirm)
    own = {prompt.hash for prompt in loaded.prompts}
    elsewhere = any(prompt.hash not in own for prompt in confirmation)
    version = loaded.version if len(selection) < len(loaded.prompts) else f"{loaded.version}-whole"
    left_out = (0, "")
    fault = grading.refusal((*selection, *confirmation)) if boxed else ""
    if fault:
        gradable = tuple(prompt for prompt in selection if prompt.grader != "code")
        if not gradable:
            raise ScanError(f"no prompt of {loaded.name} can be graded here: {fault}")
        left_out = (len(selection) - len(gradable), fault)
        selection, version = gradable, f"{version}-uncoded"
        confirmation = tuple(prompt for prompt in confirmation if prompt.grader != "code")
    return Paper(
        suite=loaded.name,
        version=version,
        selection=selection,
        confirmation=confirmation,
        confirms=Path(confirm or loaded.confirm).stem if elsewhere else "",
        left_out=left_out,
    )


def lay_out(session: Session, settings: Settings, paper: Paper, engine: str, dtype: str) -> Plan:
    """Store suite and plan, unless they are; read who is asked.

    The plan of an earlier scan stays until the family has doubled. Raises CatalogError for a
    family that is not in the catalog, ScanError for one without candidates.
    """
    family = family_named(session, settings.family)
    found = candidates(session, family.id)
    if not found:
        raise ScanError(
            f"{settings.family} has no candidate to ask: run gems crawl --family {settings.family}"
        )
    suite_id, confirm_id = _store(session, paper)
    known = scans.latest_plan(session, family.id, suite_id, settings.seed)
    if known is None or len(found) >= 2 * int(known.settings["candidates"]):
        generation = 1 if known is None else known.generation + 1
        known = scans.store_plan(
            session,
            family.id,
            suite_id,
            settings.seed,
            generation=generation,
            keys=_order(paper.selection, settings.seed),
            settings={
                "candidates": len(found),
                "load_price": _load_price(session, engine, dtype, family.id),
            },
        )
    place = {prompt.id: index for index, prompt in enumerate(paper.selection)}
    named = popular(found)
    return Plan(
        family_id=family.id,
        suite_id=suite_id,
        confirm_id=confirm_id,
        plan_id=known.plan_id,
        paper=paper,
        order=np.array([place[key] for key in known.keys]),
        arms=tuple(sorted(found, key=lambda arm: _precedence(arm, named))),
        popular=named,
        load_price=float(known.settings["load_price"]),
    )


def default_budget(policy: str, items: int) -> float:
    """Mean queries per candidate where a person names none."""
    return float(items) if policy == "exhaustive" else min(QUERIES_EACH, items / 2)


def _precedence(arm: Candidate, named: frozenset[int]) -> tuple[bool, bool, int, int]:
    first = arm.checkpoint_id in named
    return not arm.root, not first, -arm.downloads if first else 0, arm.checkpoint_id


def _order(prompts: Sequence[Prompt], seed: int) -> list[str]:
    order = balanced_order(np.array([prompt.category for prompt in prompts]), seed)
    return [prompts[item].id for item in order]


def _load_price(session: Session, engine: str, dtype: str, family_id: int) -> float:
    """What a load has cost on average, in queries, to three figures: here, else in any family."""
    past = scans.prices(session, engine, dtype, family_id) or scans.prices(session, engine, dtype)
    if past is None or not past.generate_seconds:
        return UNMEASURED_LOAD
    load = (past.download_seconds + past.load_seconds) / past.loads
    return float(f"{load / (past.generate_seconds / past.queries):.3g}")


def _store(session: Session, paper: Paper) -> tuple[int, int | None]:
    chosen = [_asked(prompt, Part.SELECTION) for prompt in paper.selection]
    confirming = [_asked(prompt, Part.CONFIRMATION) for prompt in paper.confirmation]
    if not paper.confirms:
        suite_id = store_suite(session, paper.suite, paper.version, chosen + confirming)
        return suite_id, suite_id if confirming else None
    content = " ".join(prompt.hash for prompt in paper.confirmation)
    version = hashlib.sha256(content.encode()).hexdigest()[:16]
    return (
        store_suite(session, paper.suite, paper.version, chosen),
        store_suite(session, paper.confirms, version, confirming),
    )


def _asked(prompt: Prompt, part: Part) -> AskedPrompt:
    return AskedPrompt(prompt.id, prompt.category, prompt.hash, part, asdict(prompt))
