"""Where one checkpoint stands in its family: a visit along the fixed order, nothing searched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog import scans
from catalog.answers import Terms
from catalog.candidates import Candidate
from catalog.database import Catalog
from catalog.scans import Charge, Parameters
from catalog.words import ScanStatus
from evaluator import grading, report
from evaluator.decoding import DECODING, Decoder, decoding_hash
from evaluator.engines.errors import EngineFailure, LoadKind
from evaluator.engines.folder import ADAPTER_CONFIG, read_json
from evaluator.engines.hosted import HostedEngine
from evaluator.engines.protocol import Request, Weights
from evaluator.errors import ScanError
from evaluator.fetching import Fetcher, Files
from evaluator.plan import Plan, lay_out, read_paper
from evaluator.record import Record, key_of
from evaluator.rendering import Renderer, RenderingError
from evaluator.settings import Settings
from evaluator.suites import Prompt
from evaluator.verdicts.intervals import of_scores
from evaluator.verdicts.paired import Paired
from evaluator.visits import Visitor

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Visited:
    """One checkpoint's scores on `_proof`, (prompts,), and what all its answers cost."""

    name: str
    sha: str | None
    scores: Floats
    spent: Charge


def check_name(
    catalog: Catalog, engine: HostedEngine, fetcher: Fetcher, settings: Settings, name: str
) -> dict[str, Any]:
    """Where a candidate of the family stands. What it answers is stored like any scan's.

    Raises ScanError if it is no candidate or cannot be evaluated, else what a scan raises.
    """
    began = perf_counter()
    plan, record = _prepare(catalog, engine, settings)
    arm = next((arm for arm in plan.arms if arm.name == name), None)
    if arm is None:
        raise ScanError(f"{name} is no candidate of {settings.family}: see gems show {name}")
    with catalog.write() as session:
        parameters = Parameters(
            family_id=plan.family_id,
            suite_id=plan.suite_id,
            confirm_id=None,
            plan_id=plan.plan_id,
            policy="check",
            budget=float(len(plan.paper.prompts)),
            top_k=1,
            seed=settings.seed,
            engine=engine.name,
            dtype=engine.dtype,
            decoding=DECODING,
        )
        begun = scans.begin(session, parameters, [arm.checkpoint_id], ScanStatus.CHECK)
    visitor = Visitor(catalog, begun.scan_id, engine, fetcher, record, plan.paper.prompts)
    visitor.ask([arm], _ordered(plan))
    visitor.leave()
    with catalog.read() as session:
        spent = scans.costs(session, begun.scan_id)
    failure = visitor.dropped.get(arm.checkpoint_id)
    if failure is not None:
        raise ScanError(f"{name} fails to {failure.stage}: {failure.kind}, {failure.detail}")
    visited = _Visited(name, arm.sha, record.scores(arm, _proof(plan)), spent)
    told = _stand(plan, record, settings, visited, perf_counter() - began, besides=arm)
    with catalog.write() as session:
        scans.finish(session, begun.scan_id, told)
    return told


def check_folder(
    catalog: Catalog, engine: HostedEngine, fetcher: Fetcher, settings: Settings, folder: Path
) -> dict[str, Any]:
    """Where a checkpoint that is not on a hub yet would stand. Its answers are not stored.

    An adapter is asked on the base that its config names, which must be a candidate. Raises
    ScanError if it cannot be evaluated, else what a scan raises.
    """
    began = perf_counter()
    plan, record = _prepare(catalog, engine, settings)
    try:
        visited = _visit(plan, engine, fetcher, settings, folder)
    except (EngineFailure, RenderingError) as failure:
        raise ScanError(f"{folder} cannot be evaluated: {failure}") from failure
    return _stand(plan, record, settings, visited, perf_counter() - began)


def _ordered(plan: Plan) -> list[Prompt]:
    """Everything a checkpoint is asked: along the fixed order, then what confirms."""
    ordered = (plan.paper.selection[item] for item in plan.order)
    return list({key_of(p): p for p in (*ordered, *plan.paper.confirmation)}.values())


def _proof(plan: Plan) -> tuple[Prompt, ...]:
    """What a checkpoint is judged by: the confirmation prompts, where there are any."""
    return plan.paper.confirmation or plan.paper.selection


def _prepare(catalog: Catalog, engine: HostedEngine, settings: Settings) -> tuple[Plan, Record]:
    paper = read_paper(settings.suite, settings.confirm, boxed=settings.boxed)
    with catalog.write() as session:
        plan = lay_out(session, settings, paper, engine.name, engine.dtype)
    terms = Terms(decoding_hash(), engine.name, engine.dtype)
    return plan, Record(catalog, terms, paper.prompts, boxed=settings.boxed)


def _visit(
    plan: Plan, engine: HostedEngine, fetcher: Fetcher, settings: Settings, folder: Path
) -> _Visited:
    prompts = _ordered(plan)
    times = [perf_counter()]
    files = _files(plan, fetcher, folder)
    times.append(perf_counter())
    rendered = Renderer(files.rendering[0], files.rendering[1:]).render_all(prompts)
    decoder = Decoder(files.rendering)
    adapter = None if files.base is None else 0
    failed = engine.load(Weights(files.base or folder, (folder,) if files.base else ()))
    if failed:
        raise failed[0]
    times.append(perf_counter())
    said = engine.generate(
        [
            Request(one.token_ids, prompt.max_tokens, one.stop_ids, adapter)
            for prompt, one in zip(prompts, rendered, strict=True)
        ]
    )
    times.append(perf_counter())
    texts = [
        one.opening + decoder.text(answer.token_ids)
        for one, answer in zip(rendered, said, strict=True)
    ]
    grades = grading.grade_all(list(zip(prompts, texts, strict=True)), boxed=settings.boxed)
    times.append(perf_counter())
    score = {key_of(prompt): grade.score for prompt, grade in zip(prompts, grades, strict=True)}
    scores = np.array([score[key_of(prompt)] for prompt in _proof(plan)])
    download, load, generate, grade = np.diff(times).tolist()
    spent = Charge(
        loads=1.0,
        queries=len(prompts),
        prompt_tokens=sum(len(one.token_ids) for one in rendered),
        answer_tokens=sum(len(answer.token_ids) for answer in said),
        truncated=sum(answer.finish == "length" for answer in said),
        download_seconds=download,
        load_seconds=load,
        generate_seconds=generate,
        grade_seconds=grade,
    )
    return _Visited(str(folder), None, scores, spent)


def _files(plan: Plan, fetcher: Fetcher, folder: Path) -> Files:
    if not folder.is_dir():
        raise ScanError(f"{folder} is no folder: name a checkpoint's folder, or ORG/NAME")
    if not (folder / ADAPTER_CONFIG).is_file() or (folder / "config.json").is_file():
        return Files(folder, None, (folder,))
    named = read_json(folder / ADAPTER_CONFIG, LoadKind.BAD_ADAPTER).get("base_model_name_or_path")
    base = next((arm for arm in plan.arms if arm.name == named and arm.base is None), None)
    if base is None:
        raise ScanError(f"the base {named!r} of {folder} is no candidate: name one in its config")
    below = fetcher.get(base)
    return Files(folder, below.folder, (folder, *below.rendering))


def _stand(
    plan: Plan,
    record: Record,
    settings: Settings,
    visited: _Visited,
    seconds: float,
    besides: Candidate | None = None,
) -> dict[str, Any]:
    """The checkpoint's score, and its place beside everyone whose answers are stored."""
    prompts = _proof(plan)
    scores, own = visited.scores, float(visited.scores.mean())
    others = [(arm, record.scores(arm, prompts)) for arm in plan.arms if arm is not besides]
    means = [float(row.mean()) for _, row in others if not np.isnan(row).any()]
    names = list(dict.fromkeys(prompt.category for prompt in prompts))
    categories = np.array([names.index(prompt.category) for prompt in prompts])
    clusters = report.clusters_of(prompts)
    interval = of_scores(scores[None], categories, clusters)
    rivals = [
        _beside(arm, scores, row, clusters)
        for arm, row in others
        if arm.checkpoint_id in plan.popular and not np.isnan(row).all()
    ]
    return {
        "checkpoint": visited.name,
        "sha": visited.sha,
        "family": settings.family,
        "suite": plan.paper.suite,
        "confirmation": bool(plan.paper.confirmation),
        "score": float(interval.mean[0]),
        "low": float(interval.low[0]),
        "high": float(interval.high[0]),
        "n": int(interval.n[0]),
        "categories": {
            name: float(scores[categories == index].mean()) for index, name in enumerate(names)
        },
        "position": 1 + sum(mean > own for mean in means),
        "of": 1 + len(means),
        "popular": rivals,
        "ahead_of_popular": bool(rivals) and all(rival["delta"] > 0 for rival in rivals),
        "price": report.price(visited.spent),
        "cost": report.cost(visited.spent, visited.spent.queries, seconds),
    }


def _beside(arm: Candidate, scores: Floats, theirs: Floats, clusters: Ints) -> dict[str, Any]:
    """The paired difference to a popular checkpoint, on the prompts that both answered."""
    shared = ~np.isnan(theirs)
    paired = Paired.of(np.stack([scores[shared], theirs[shared]]), clusters[shared])
    first, second = np.array([0]), np.array([1])
    return {
        "checkpoint": arm.name,
        "delta": float(paired.delta(first, second)[0, 0]),
        "p": float(paired.p(first, second)[0, 0]),
        "n": int(shared.sum()),
    }
