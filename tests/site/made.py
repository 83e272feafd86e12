"""A catalog filled directly: a family that was crawled and scanned, at any size.

Skills are drawn, answers follow from them, and rulings are computed from the answers' grades, so
that every number on a page can be checked against the catalog.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import sqrt
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from catalog.database import Catalog
from catalog.tables import (
    Answer,
    Checkpoint,
    Crawl,
    Edge,
    Failure,
    Family,
    Grade,
    Member,
    Plan,
    Popularity,
    Prompt,
    Repository,
    Ruling,
    Scan,
    Suite,
    Visit,
)
from catalog.words import Outcome, Part, Reason, Relation, ScanStatus, Stage, Status, Verdict

NOW = datetime(2026, 5, 3, 4, 30, tzinfo=UTC)
ROOTS = 2
CATEGORIES = ("code", "language", "maths", "reasoning")
RUNGS = (8, 12, 20, 32, 48)
ORGS = ("quill-ai", "northbeam", "tanager", "osprey-lab", "mlfoundry", "aya-k", "dritter", "hexlet")
STEMS = ("Lark", "Wren", "Basalt", "Cobalt", "Meridian", "Juniper", "Onyx", "Saffron", "Tern")
TAGS = ("8B", "8B-SFT", "8B-DPO", "8B-Math", "8B-Coder", "8B-Instruct-v2", "8B-ORPO", "8B-merge")


@dataclass(frozen=True)
class Fleet:
    """How large a catalog to make, and of what strings."""

    slug: str = "llama-3.1-8b"
    title: str = "Llama 3.1 8B"
    roots: tuple[str, str] = ("meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B")
    checkpoints: int = 60
    selecting: int = 48
    confirming: int = 400
    finishers: float = 0.35
    gems: int = 2
    excluded: int = 12
    waiting: int = 3
    failed: int = 2
    days: int = 60
    seed: int = 1
    finished_at: datetime = NOW
    words: tuple[str, ...] = ()
    """Strings to put wherever a hub or a model may put one, instead of well-behaved ones."""
    suite: str = "everyday"
    confirm_answers: bool = True


@dataclass
class Made:
    family_id: int
    scan_id: int
    checkpoints: list[int]
    names: dict[int, str]
    prompts: list[str] = field(default_factory=list)


def fill(catalog: Catalog, fleet: Fleet | None = None) -> Made:
    """Fill an empty catalog with one family, scanned once."""
    maker = _Maker(fleet or Fleet())
    with catalog.write() as session:
        maker.family(session)
        maker.members(session)
        maker.suite(session)
        maker.scan(session)
    return maker.made


class _Maker:
    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.random = random.Random(fleet.seed)
        self.made = Made(0, 0, [], {})

    def word(self, usual: str) -> str:
        return self.random.choice(self.fleet.words) if self.fleet.words else usual

    def family(self, session: Session) -> None:
        fleet = self.fleet
        family = Family(
            slug=fleet.slug,
            title=fleet.title,
            architecture="LlamaForCausalLM",
            parameters=8030261248,
        )
        session.add(family)
        session.flush()
        self.made.family_id = family.id
        session.add(
            Crawl(
                hub="huggingface",
                family_id=family.id,
                strategy="tree",
                started_at=fleet.finished_at - timedelta(hours=9),
                finished_at=fleet.finished_at - timedelta(hours=8),
                state={},
                watermark=None,
            )
        )

    def members(self, session: Session) -> None:
        fleet, rng = self.fleet, self.random
        total = fleet.checkpoints + fleet.excluded + fleet.waiting + fleet.failed
        start = (session.query(Repository.id).count() or 0) + 1
        repositories, members, checkpoints, edges, points = [], [], [], [], []
        self.skill: dict[int, list[float]] = {}
        self.downloads: dict[int, int] = {}
        self.kind: dict[int, str] = {}
        for at in range(total):
            number = start + at
            root = at < ROOTS
            name = fleet.roots[at] if root else self._name(at)
            name = self.word(name) if fleet.words and not root else name
            kind = self._kind(at)
            relation = None if root else rng.choices(list(Relation)[:3], (8, 1, 1))[0]
            if kind == "excluded":
                relation = rng.choice((Relation.QUANTIZED, Relation.FINETUNE))
            made_at = fleet.finished_at - timedelta(days=rng.randrange(20, 600))
            sha = hashlib.sha1(f"{fleet.slug}{at}".encode()).hexdigest()
            repositories.append(
                {
                    "id": number,
                    "hub": "huggingface",
                    "hub_id": f"{fleet.slug}-{at}",
                    "name": name,
                    "author": name.partition("/")[0],
                    "sha": sha,
                    "created_at": made_at,
                    "modified_at": made_at + timedelta(days=3),
                    "gated": None,
                    "license": self.word(
                        rng.choice(("llama3.1", "apache-2.0", "mit", "cc-by-nc-4.0"))
                    ),
                    "parameters": 8030261248,
                    "config": {"x": self.word("")},
                    "first_seen": made_at,
                    "last_seen": fleet.finished_at,
                    "missing_since": None,
                }
            )
            members.append(
                {
                    "family_id": self.made.family_id,
                    "repository_id": number,
                    "root": root,
                    "relation": relation,
                    "depth": 0 if root else 1 + (at % 5 == 0),
                }
            )
            reason = None
            if kind == "excluded":
                quantized = relation == Relation.QUANTIZED
                reason = Reason.QUANTIZED if quantized else rng.choice(list(Reason))
            checkpoints.append(
                {
                    "id": number,
                    "repository_id": number,
                    "sha": sha,
                    "status": Status.EXCLUDED if kind == "excluded" else Status.CANDIDATE,
                    "reason": reason,
                    "detail": self.word("model.safetensors.index.json") if reason else None,
                    "vetted_at": fleet.finished_at - timedelta(hours=8),
                    "relation": relation,
                    "base_id": start if relation == Relation.ADAPTER else None,
                    "stand_in_id": None,
                    "digest": sha,
                    "bytes": 16060556376,
                    "parameters": 8030261248,
                    "context_length": None if kind == "excluded" else 131072,
                }
            )
            if not root:
                parent = start + (rng.randrange(2, at) if at % 5 == 0 and at > 4 else at % 2)
                edges.append(
                    {
                        "child_id": number,
                        "parent_id": parent,
                        "parent_name": repositories[parent - start]["name"],
                        "relation": relation or Relation.FINETUNE,
                        "source": "card",
                        "confidence": 0.9,
                        "chosen": True,
                    }
                )
            usual = 4_000_000 if root else int(rng.lognormvariate(2.2, 2.2))
            level = [usual, int(usual * 0.4)][at % 2] if root else usual
            self.downloads[number] = level
            points += self._series(number, level)
            self.kind[number] = kind
            self.made.names[number] = name
            base = (0.73, 0.55)[at] if root else min(0.71, max(0.05, rng.gauss(0.56, 0.13)))
            self.skill[number] = [
                min(0.97, max(0.02, base + rng.gauss(0, 0.03))) for _ in CATEGORIES
            ]
        self._choose_gems(start)
        _add(session, Repository, repositories)
        _add(session, Member, members)
        _add(session, Checkpoint, checkpoints)
        _add(session, Edge, edges)
        _add(session, Popularity, points)
        self.made.checkpoints = [n for n, kind in self.kind.items() if kind == "scored"]

    def _choose_gems(self, start: int) -> None:
        for at in range(self.fleet.gems):
            number = start + 7 + 9 * at
            if self.kind.get(number) == "scored":
                self.skill[number] = [0.80 - 0.01 * at, 0.79, 0.91, 0.68 + 0.03 * at]

    def _kind(self, at: int) -> str:
        fleet = self.fleet
        for kind, number in (
            ("scored", fleet.checkpoints),
            ("excluded", fleet.excluded),
            ("waiting", fleet.waiting),
        ):
            if at < number:
                return kind
            at -= number
        return "failed"

    def _name(self, at: int) -> str:
        rng = self.random
        stem = f"{rng.choice(STEMS)}-{rng.choice(TAGS)}"
        return f"{rng.choice(ORGS)}/{stem}-{at}"

    def _series(self, repository_id: int, level: int) -> list[dict[str, Any]]:
        today: date = self.fleet.finished_at.date()
        here = level * self.random.uniform(0.3, 1.0)
        made = []
        for back in range(self.fleet.days, -1, -1):
            here += (level - here) / (back + 1)
            made.append(
                {
                    "repository_id": repository_id,
                    "day": today - timedelta(days=back),
                    "downloads": int(here),
                    "downloads_all_time": int(here) * 9,
                    "likes": 3,
                }
            )
        return made

    def suite(self, session: Session) -> None:
        fleet, rng = self.fleet, self.random
        suite = Suite(
            name=self.word(fleet.suite), version=f"{fleet.seed:08x}c0ffee", created_at=NOW
        )
        session.add(suite)
        session.flush()
        self.suite_id = suite.id
        rows = []
        parts = [Part.SELECTION] * fleet.selecting + [Part.CONFIRMATION] * fleet.confirming
        for at, part in enumerate(parts):
            first, second = rng.randrange(3, 99), rng.randrange(3, 99)
            category = CATEGORIES[at % len(CATEGORIES)]
            secret = "secret " if part == Part.CONFIRMATION else ""
            usual = (
                f"A {secret}shelf holds {first} boxes with {second} jars each, and 7 are broken."
                " How many whole jars are there? End with the number."
            )
            content = {
                "id": f"p-{at:04d}",
                "prompt": self.word(usual),
                "gold": self.word(str(first * second - 7)),
                "grader": "number",
            }
            if at % 11 == 0:
                content["choices"] = [self.word("twelve"), self.word("none")]
            rows.append(
                {
                    "suite_id": suite.id,
                    "key": f"p-{at:04d}",
                    "category": category,
                    "hash": hashlib.sha256(f"{fleet.seed} {at} {usual}".encode()).hexdigest(),
                    "part": part,
                    "content": content,
                    "retired_at": None,
                }
            )
        _add(session, Prompt, rows)
        self.prompts = rows
        self.made.prompts = [row["content"]["prompt"] for row in rows]

    def scan(self, session: Session) -> None:
        fleet = self.fleet
        plan = Plan(
            family_id=self.made.family_id,
            suite_id=self.suite_id,
            seed=0,
            order=[p["key"] for p in self.prompts if p["part"] == Part.SELECTION],
            settings={},
            created_at=NOW,
        )
        session.add(plan)
        session.flush()
        scored = self.made.checkpoints
        scan = Scan(
            family_id=self.made.family_id,
            suite_id=self.suite_id,
            confirm_id=None,
            plan_id=plan.id,
            policy="accelerated",
            budget=40.0,
            seed=0,
            engine="vllm",
            dtype="bfloat16",
            decoding={"temperature": 0.0, "max_tokens": 512, "stop": []},
            arms=scored,
            status=ScanStatus.FINISHED,
            started_at=fleet.finished_at - timedelta(hours=7),
            finished_at=fleet.finished_at,
            report={},
        )
        session.add(scan)
        session.flush()
        self.scan_id = self.made.scan_id = scan.id
        asked = self._ask(session)
        self._rule(session, asked)
        for number in (n for n, kind in self.kind.items() if kind == "failed"):
            session.add(
                Failure(
                    scan_id=scan.id,
                    checkpoint_id=number,
                    stage=Stage.LOAD,
                    kind=self.word("missing tensor"),
                    detail=self.word("model.layers.3.mlp.up_proj.weight is not in its files"),
                    failed_at=fleet.finished_at - timedelta(hours=5),
                )
            )
        queries = sum(len(scores) for scores in asked.values())
        scan.report = {
            "rungs": [
                {"prompts": n, "reached": len(scored), "kept": len(scored)}
                for n in (*RUNGS, fleet.selecting)
                if n <= fleet.selecting
            ],
            "cost": {"loads": len(scored), "queries": queries, "seconds": {"total": 21_400.0}},
        }

    def _ask(self, session: Session) -> dict[int, list[tuple[str, str, float]]]:
        """(category, part, score) of every answer, by checkpoint; writes answers and grades."""
        rng, fleet = self.random, self.fleet
        ranked = sorted(self.made.checkpoints, key=lambda n: -sum(self.skill[n]))
        finishing = set(ranked[: max(3, int(len(ranked) * fleet.finishers))])
        self.finishing = finishing | set(self.made.checkpoints[:ROOTS]) | self._popular()
        selecting = [p for p in self.prompts if p["part"] == Part.SELECTION]
        confirming = [p for p in self.prompts if p["part"] == Part.CONFIRMATION]
        asked: dict[int, list[tuple[str, str, float]]] = {}
        answers: list[dict[str, Any]] = []
        grades: list[dict[str, Any]] = []
        visits: list[dict[str, Any]] = []
        answer_id = session.query(Answer.id).count()
        visit_id = session.query(Visit.id).count()
        for number in self.made.checkpoints:
            visit_id += 1
            rungs = [n for n in RUNGS if n <= fleet.selecting]
            stop = fleet.selecting if number in self.finishing else rng.choice(rungs)
            mine = selecting[:stop]
            if number in self.finishing and fleet.confirm_answers:
                mine = mine + confirming
            asked[number] = []
            for prompt in mine:
                skill = self.skill[number][CATEGORIES.index(prompt["category"])]
                right = rng.random() < skill
                asked[number].append((prompt["category"], prompt["part"], float(right)))
                answer_id += 1
                gold = prompt["content"]["gold"]
                said = gold if right else str(rng.randrange(100, 9000))
                text = self.word(
                    "Let me work this out. The shelf holds that many boxes, and each box holds the"
                    " same number of jars, so I multiply, and then take away 7.\n\n"
                    f"The answer is {said}."
                )
                answers.append(
                    {
                        "id": answer_id,
                        "checkpoint_id": number,
                        "prompt_hash": prompt["hash"],
                        "rendered_hash": "r",
                        "decoding_hash": "d",
                        "engine": "vllm",
                        "dtype": "bfloat16",
                        "visit_id": visit_id,
                        "text": text,
                        "finish": "stop" if rng.random() > 0.03 else "length",
                        "template": "own",
                        "prompt_tokens": 60,
                        "answer_tokens": 70,
                        "created_at": fleet.finished_at,
                    }
                )
                grades.append(
                    {
                        "answer_id": answer_id,
                        "grader": "number",
                        "version": "1",
                        "score": float(right),
                        "extracted": self.word(said),
                        "note": None,
                        "graded_at": fleet.finished_at,
                    }
                )
            visits.append(
                {
                    "id": visit_id,
                    "scan_id": self.scan_id,
                    "checkpoint_id": number,
                    "started_at": fleet.finished_at - timedelta(hours=3),
                    "finished_at": fleet.finished_at - timedelta(hours=2),
                    "outcome": Outcome.CLOSED,
                    "loads": 1.0,
                    "queries": len(mine),
                    "answer_tokens": 70 * len(mine),
                    "truncated": len(mine) // 40,
                }
            )
        _add(session, Visit, visits)
        _add(session, Answer, answers)
        _add(session, Grade, grades)
        return asked

    def _popular(self) -> set[int]:
        most = max(1, -(-len(self.made.checkpoints) // 100))
        by_downloads = sorted(self.made.checkpoints, key=lambda n: -self.downloads[n])
        unpopular_gems = {n for n in by_downloads if sum(self.skill[n]) > 3.05}
        for n in unpopular_gems:
            self.downloads[n] = min(self.downloads[n], 40)
        return {n for n in by_downloads[: most + ROOTS] if n not in unpopular_gems}

    def _rule(self, session: Session, asked: dict[int, list[tuple[str, str, float]]]) -> None:
        part = Part.CONFIRMATION if self.fleet.confirm_answers else Part.SELECTION
        popular = self._popular() | set(self.made.checkpoints[:ROOTS])
        means = {
            n: _mean([s for _, p, s in asked[n] if p == (part if n in self.finishing else p)])
            for n in asked
        }
        bar = max(means[n] for n in popular)
        order = sorted(self.finishing, key=lambda n: -means[n])
        place = {n: at for at, n in enumerate(order, start=1)}
        group, groups, lead = 0, {}, 2.0
        for n in order:
            if lead - means[n] > 0.025:
                group, lead = group + 1, means[n]
            groups[n] = group
        rows = []
        for n, scores in asked.items():
            finalist = n in self.finishing
            delta = means[n] - bar if finalist and n not in popular else None
            verdict = Verdict.RANKED
            if not finalist:
                verdict = Verdict.ELIMINATED
            elif delta is not None and delta > 0:
                verdict = Verdict.GEM if delta > 0.03 else Verdict.CONTENDER
            for category in ("", *CATEGORIES):
                own = [
                    s for c, p, s in scores if category in ("", c) and (not finalist or p == part)
                ]
                mean = _mean(own)
                half = 1.96 * sqrt(max(mean * (1 - mean), 0.01) / max(len(own), 1))
                overall = category == ""
                rows.append(
                    {
                        "scan_id": self.scan_id,
                        "checkpoint_id": n,
                        "category": category,
                        "verdict": verdict if overall else Verdict.RANKED,
                        "position": place.get(n) if overall else None,
                        "score": mean,
                        "low": max(mean - half, 0.0),
                        "high": min(mean + half, 1.0),
                        "n": len(own),
                        "delta_vs_popular": delta if overall else None,
                        "p": None if delta is None else (0.0004 if delta > 0.03 else 0.21),
                        "tie_group": groups.get(n) if overall else None,
                        "behaviour_group": n,
                        "rung": None if finalist else RUNGS.index(len(scores)),
                        "optimistic": not finalist or not self.fleet.confirm_answers,
                        "popular": n in popular,
                        "downloads": self.downloads[n],
                    }
                )
        _add(session, Ruling, rows)


def _mean(scores: list[float]) -> float:
    return sum(scores) / len(scores) if scores else 0.0


def _add(session: Session, table: type[Any], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(table), rows)
