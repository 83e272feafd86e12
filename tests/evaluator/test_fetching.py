"""What is brought to the disk, and what goes for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from catalog.candidates import Candidate, candidates, family_named
from catalog.database import Catalog
from evaluator.fetching import BOOKS, Fetcher, Files, OverBudget, bytes_in
from evaluator.preparing import LOW, Preparer
from evaluator.rendering import Rendered, Renderer, TemplateFailure
from evaluator.scan import Scan
from evaluator.suites import Prompt
from hubs.errors import NotFound
from hubs.huggingface import HuggingFaceHub
from tests.evaluator.conftest import ADAPTER, MERGED, NAN, WILD, Served
from tests.evaluator.enrolled import FAMILY, INSTRUCT

ASKED = [Prompt("q", "math", "What is 2 + 2?", "number", "4")]


@pytest.fixture
def found(catalog: Catalog) -> dict[str, Candidate]:
    with catalog.read() as session:
        family = family_named(session, FAMILY)
        return {candidate.name: candidate for candidate in candidates(session, family.id)}


def fetching(served: Served, folder: Path, budget: int | None = None) -> Fetcher:
    return Fetcher(HuggingFaceHub(served.url, token=False, folder=folder), folder, budget)


def size_of(served: Served, place: Path, *wanted: Candidate) -> int:
    fetcher = fetching(served, place)
    for candidate in wanted:
        fetcher.get(candidate)
    return bytes_in(place)


def lies(folder: Path) -> bool:
    return any(path.exists() for path in folder.glob("*.safetensors"))


def test_what_is_loaded_together_stays_together_however_little_room_there_is(
    served: Served, found: dict[str, Candidate], tmp_path: Path
) -> None:
    one, other = found[ADAPTER], found[WILD]
    room = size_of(served, tmp_path / "both", one, other)
    fetcher = fetching(served, tmp_path / "some", room - 1)
    fetcher.keep([one, other])
    files = fetcher.get(one)
    with pytest.raises(OverBudget):
        fetcher.get(other)
    assert lies(files.folder)
    assert files.base is not None
    assert lies(files.base)
    fetcher.keep([other])
    assert lies(fetcher.get(other).folder)
    assert not lies(files.folder)


def test_who_is_prepared_ahead_leaves_those_who_answer_on_the_disk(
    served: Served, found: dict[str, Candidate], tmp_path: Path
) -> None:
    present, coming = found[MERGED], found[NAN]
    room = size_of(served, tmp_path / "both", present, coming) + BOOKS
    for budget, ahead in ((room, True), (room - 1 - BOOKS, False)):
        folder = tmp_path / str(budget)
        fetcher = fetching(served, folder, budget)
        preparer = Preparer(fetcher, ASKED)
        preparer.keep([present])
        here = preparer.prepare(present).files.folder
        preparer.begin([coming])
        assert preparer._ahead is not None
        preparer._ahead.result()
        assert lies(here)
        assert (coming.checkpoint_id in preparer._ready) == ahead
        preparer.keep([coming])
        ready = preparer.prepare(coming)
        assert lies(ready.files.folder)
        assert len(ready.rendered) == 1
        assert bytes_in(folder) <= budget


def test_a_group_is_prepared_ahead_whole_and_failures_are_told_when_each_is_asked_for(
    served: Served, found: dict[str, Candidate], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fetcher = fetching(served, tmp_path / "cache")
    get, render = fetcher.get, Renderer.render_all

    def noted(renderer: Renderer, prompts: Sequence[Prompt]) -> list[Rendered]:
        done.append("render")
        if "merged" in str(renderer.folders[0]):
            raise TemplateFailure("template_time", "it takes too long")
        return render(renderer, prompts)

    monkeypatch.setattr(Renderer, "render_all", noted)
    monkeypatch.setattr(fetcher, "get", lambda c: (done.append(c.name), get(c))[1])
    preparer = Preparer(fetcher, ASKED)
    gone = replace(found[NAN], checkpoint_id=-1, sha="0" * 40)
    group = [found[ADAPTER], gone, found[WILD], found[MERGED]]
    preparer.begin(group)
    preparer.keep(group)
    assert done == [ADAPTER, "render", NAN, WILD, "render", MERGED, "render"]
    for name in (ADAPTER, WILD):
        assert preparer.prepare(found[name]).files.base is not None
    with pytest.raises(TemplateFailure):
        preparer.prepare(found[MERGED])
    assert len(done) == 7
    with pytest.raises(NotFound):
        preparer.prepare(gone)


def test_what_is_prepared_ahead_takes_what_those_who_answer_leave(
    served: Served, found: dict[str, Candidate], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetcher = fetching(served, tmp_path / "cache")
    get, told = fetcher.get, []

    def noted(candidate: Candidate) -> Files:
        told.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return get(candidate)

    monkeypatch.setattr(fetcher, "get", noted)
    preparer = Preparer(fetcher, ASKED)
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    preparer.begin([found[MERGED]])
    preparer.keep([found[MERGED]])
    preparer.prepare(found[NAN])
    assert told == [min(19, before + LOW), before]


def test_a_bases_weights_stay_as_long_as_an_adapter_on_it_may_be_asked(
    found: dict[str, Candidate],
) -> None:
    arms = [found[INSTRUCT], found[MERGED], found[ADAPTER], found[WILD]]
    done: list[str] = []
    rest: Any = SimpleNamespace(done_with=lambda c: done.append(c.name), dropped={}, arms=arms)
    scan = Scan(*cast("Any", (None, rest, rest, None, None, rest, None, None)))
    scan._let_go([0])
    assert done == []
    scan._let_go([1, 2])
    assert done == [MERGED, ADAPTER]
    scan._let_go([3])
    assert done == [MERGED, ADAPTER, WILD, INSTRUCT]
