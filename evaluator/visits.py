"""Visits: a checkpoint is fetched, rendered for, loaded and asked; what it says is committed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter

from catalog import scans
from catalog.answers import NewAnswer
from catalog.candidates import Candidate
from catalog.database import Catalog
from catalog.scans import Charge, Dropped
from catalog.words import Outcome, Stage
from evaluator.engines.errors import GenerationFailure, GenerationKind, LoadFailure
from evaluator.engines.hosted import HostedEngine
from evaluator.engines.protocol import Completion, Request, Weights
from evaluator.fetching import Fetcher, OverBudget
from evaluator.preparing import Prepared, Preparer
from evaluator.record import Landed, Record, asked, key_of
from evaluator.rendering import RenderingError
from evaluator.suites import Prompt
from hubs.errors import Malformed, Refused

AT_ONCE = 64
"""Prompts asked between two commits. Which are computed together has a say in rounding, so the
cuts depend on nothing but the batch: whoever is asked it again is asked the same way."""

EMPTYING = (GenerationKind.CRASHED, GenerationKind.TIMED_OUT, GenerationKind.NOT_FINITE)
"""Failures after which what is loaded is not trusted, or gone."""

MOST_TOGETHER = 8
"""Adapters asked in one load."""


Turn = tuple[Sequence[Candidate], Sequence[Prompt]]
"""Checkpoints that are loaded together, and what they are asked then."""


@dataclass(slots=True)
class _Guest:
    """A checkpoint that is loaded, and what its visit has cost since that was last committed.

    seat: its place among the adapters of the load; None for a full checkpoint.
    """

    candidate: Candidate
    visit_id: int
    ready: Prepared
    unpaid: Charge
    seat: int | None = None


class Visitor:
    """Asks checkpoints, one load at a time. Who fails is dropped by name, and never asked again.

    prompts: every prompt of the scan, rendered at once for each checkpoint.
    """

    def __init__(
        self,
        catalog: Catalog,
        scan_id: int,
        engine: HostedEngine,
        fetcher: Fetcher,
        record: Record,
        prompts: Sequence[Prompt],
    ) -> None:
        self._catalog = catalog
        self._scan_id = scan_id
        self._engine = engine
        self._preparer = Preparer(fetcher, prompts)
        self._record = record
        self._guests: dict[int, _Guest] = {}
        self._base: int | None = None  # the checkpoint whose weights are in the engine
        self._broken: dict[int, tuple[str, str]] = {}  # why a base cannot be loaded
        with catalog.read() as session:
            self.dropped: dict[int, Dropped] = scans.dropped(session, scan_id)

    def wants(self, candidate: Candidate, prompts: Sequence[Prompt]) -> bool:
        """Whether there is something to ask it, and it has not failed."""
        alive = candidate.checkpoint_id not in self.dropped
        return alive and bool(self._record.missing(candidate, prompts))

    def receive(
        self,
        group: Sequence[Candidate],
        prompts: Sequence[Prompt],
        behind: Iterable[Turn] = (),
    ) -> None:
        """Load those of a group, on one base, that have something to answer; `ask` would too.

        behind: the turns to come: the first that takes a load is prepared from then on. Not
        before: while a checkpoint is loaded everyone waits for the disk and the memory it needs.
        """
        able = [candidate for candidate in group if self.wants(candidate, prompts)]
        ready = self._prepare([c for c in able if c.checkpoint_id not in self._guests])
        if ready:
            self._load(ready)
        self._preparer.begin(self._next(behind))

    def ask(self, group: Sequence[Candidate], prompts: Sequence[Prompt]) -> None:
        """Have each of `group`, on one base, answer what it has not answered of `prompts`."""
        for start in range(0, len(prompts), AT_ONCE):
            self._ask(group, prompts[start : start + AT_ONCE])

    def drop(self, candidate: Candidate, stage: Stage, kind: str, detail: str) -> None:
        """Record that a checkpoint has failed."""
        who, now = asked(candidate), datetime.now(UTC)
        dropped = Dropped(who.checkpoint_id, stage, kind, detail, now, who.base_sha)
        self.dropped.setdefault(candidate.checkpoint_id, dropped)
        guest = self._guests.pop(candidate.checkpoint_id, None)
        with self._catalog.write() as session:
            scans.drop(session, self._scan_id, dropped)
            if guest is not None:
                scans.charge(session, guest.visit_id, guest.unpaid)
                scans.close_visit(session, guest.visit_id, Outcome.FAILED)

    def leave(self) -> None:
        """End all visits; what is loaded is forgotten."""
        self._dismiss()
        self._base = None

    def _dismiss(self) -> None:
        guests, self._guests = self._guests, {}
        if not guests:
            return
        with self._catalog.write() as session:
            for guest in guests.values():
                scans.charge(session, guest.visit_id, guest.unpaid)
                scans.close_visit(session, guest.visit_id, Outcome.CLOSED)

    def _next(self, behind: Iterable[Turn]) -> list[Candidate]:
        """Of the turns to come, the first who are not here and have something to answer."""
        for group, prompts in behind:
            new = [c for c in group if c.checkpoint_id not in self._guests]
            if coming := [c for c in new if self.wants(c, prompts)]:
                return coming
        return []

    def _prepare(self, group: Sequence[Candidate]) -> list[_Guest]:
        """Make room for a group on its base, and it ready. Who cannot be is dropped."""
        if not group:
            return []
        base = base_of(group[0])
        if base in self._broken:
            for candidate in group:
                self._drop_with(candidate, base)
            return []
        if self._base != base:
            self.leave()
        elif len(self._guests) + len(group) > MOST_TOGETHER:
            self._dismiss()
        self._preparer.keep([*(guest.candidate for guest in self._guests.values()), *group])
        return [guest for guest in map(self._welcome, group) if guest is not None]

    def _drop_with(self, candidate: Candidate, base: int) -> None:
        """Drop a checkpoint because the weights it is asked on cannot be loaded."""
        kind, detail = self._broken[base]
        whose = "" if candidate.checkpoint_id == base else "its base: "
        self.drop(candidate, Stage.LOAD, kind, whose + detail)

    def _welcome(self, candidate: Candidate) -> _Guest | None:
        """Open the visit of a checkpoint that can be fetched and rendered for."""
        try:
            ready = self._preparer.prepare(candidate)
        except (Refused, Malformed, OverBudget) as error:
            self.drop(candidate, Stage.FETCH, _snake(type(error).__name__), str(error))
            return None
        except RenderingError as error:
            self.drop(candidate, Stage.RENDER, error.kind, str(error))
            return None
        with self._catalog.write() as session:
            visit_id = scans.open_visit(
                session, self._scan_id, candidate.checkpoint_id, ready.files.context_length()
            )
        spent = Charge(download_seconds=ready.fetching, load_seconds=ready.rendering)
        return _Guest(candidate, visit_id, ready, spent)

    def _load(self, ready: Sequence[_Guest]) -> None:
        base = base_of(ready[0].candidate)
        again = self._base == base
        self._guests.update((guest.candidate.checkpoint_id, guest) for guest in ready)
        adapters = [g for g in self._guests.values() if g.ready.files.base is not None]
        for seat, guest in enumerate(adapters):
            guest.seat = seat
        files = ready[0].ready.files
        weights = Weights(files.base or files.folder, tuple(g.ready.files.folder for g in adapters))
        swapped = self._engine.swapped
        began = perf_counter()
        try:
            failed = self._engine.load(weights)
        except LoadFailure as failure:
            self._base = None
            self._broken[base] = failure.kind, failure.detail
            for guest in list(self._guests.values()):
                self._drop_with(guest.candidate, base)
            return
        self._base = base
        share = 1.0 / len(ready)
        spent = Charge(load_seconds=share * (perf_counter() - began))
        if not again:
            in_place = self._engine.swapped > swapped
            spent = replace(spent, loads=share, swaps=share if in_place else 0.0)
        for guest in ready:
            guest.unpaid = _sum(guest.unpaid, spent)
        for seat, why in failed.items():
            self.drop(adapters[seat].candidate, Stage.LOAD, why.kind, why.detail)

    def _ask(self, group: Sequence[Candidate], prompts: Sequence[Prompt]) -> None:
        """Have a group answer one commit's worth, loading whoever is not loaded."""
        self.receive(group, prompts)
        able = [candidate for candidate in group if self.wants(candidate, prompts)]
        here = [self._guests[c.checkpoint_id] for c in able if c.checkpoint_id in self._guests]
        if not here:
            return
        todo = [self._record.missing(guest.candidate, prompts) for guest in here]
        began = perf_counter()
        try:
            said = self._generate(here, todo)
            new = [
                [
                    _answer(guest, prompt, completion)
                    for prompt, completion in zip(asked, told, strict=True)
                ]
                for guest, asked, told in zip(here, todo, said, strict=True)
            ]
        except (GenerationFailure, RenderingError) as failure:
            self._cope(here, prompts, failure)
            return
        self._land(here, new, (perf_counter() - began) / len(here))

    def _cope(
        self,
        here: Sequence[_Guest],
        prompts: Sequence[Prompt],
        failure: GenerationFailure | RenderingError,
    ) -> None:
        """Drop whoever failed: of several, whose fault it was shows when each is asked alone."""
        if len(here) == 1:
            detail = failure.detail if isinstance(failure, GenerationFailure) else str(failure)
            self.drop(here[0].candidate, Stage.GENERATE, failure.kind, detail)
        if failure.kind in EMPTYING:
            self.leave()
        if len(here) > 1:
            for guest in here:
                self._ask([guest.candidate], prompts)

    def _generate(
        self, here: Sequence[_Guest], todo: Sequence[Sequence[Prompt]]
    ) -> list[list[Completion]]:
        """What each guest says to its prompts, asked in one go."""
        requests = [
            Request(
                token_ids=guest.ready.rendered[key_of(prompt)].token_ids,
                max_tokens=prompt.max_tokens,
                stop_ids=guest.ready.rendered[key_of(prompt)].stop_ids,
                adapter=guest.seat,
            )
            for guest, prompts in zip(here, todo, strict=True)
            for prompt in prompts
        ]
        said = iter(self._engine.generate(requests))
        return [[next(said) for _ in prompts] for prompts in todo]

    def _land(
        self, guests: Sequence[_Guest], said: Sequence[Sequence[NewAnswer]], seconds: float
    ) -> None:
        """Commit and grade what guests have said; `seconds` each of them took to say it."""
        landed = []
        for guest, rows in zip(guests, said, strict=True):
            now = Charge(
                queries=len(rows),
                prompt_tokens=sum(row.prompt_tokens for row in rows),
                answer_tokens=sum(row.answer_tokens for row in rows),
                truncated=sum(row.finish == "length" for row in rows),
                generate_seconds=seconds,
            )
            landed.append(Landed(guest.candidate, guest.visit_id, _sum(guest.unpaid, now), rows))
        times = self._record.keep(landed)
        share = 1.0 / len(guests)
        for guest in guests:
            guest.unpaid = Charge(
                store_seconds=share * times.store, grade_seconds=share * times.grade
            )


def base_of(candidate: Candidate) -> int:
    """The checkpoint whose weights a load brings in: an adapter's base, else its own."""
    return candidate.checkpoint_id if candidate.base is None else candidate.base.checkpoint_id


def _answer(guest: _Guest, prompt: Prompt, completion: Completion) -> NewAnswer:
    rendered = guest.ready.rendered[key_of(prompt)]
    return NewAnswer(
        prompt_hash=key_of(prompt),
        rendered_hash=rendered.hash,
        text=rendered.opening + guest.ready.decoder.text(completion.token_ids),
        finish=completion.finish,
        template=rendered.template,
        prompt_tokens=len(rendered.token_ids),
        answer_tokens=len(completion.token_ids),
    )


def _sum(one: Charge, other: Charge) -> Charge:
    return Charge(*(getattr(one, name) + getattr(other, name) for name in scans.CHARGES))


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
