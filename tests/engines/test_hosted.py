"""An engine in its own process: what kills, hangs or garbles it costs a batch, never the scan."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from evaluator.engines import hosted
from evaluator.engines.errors import EngineMissing, GenerationFailure, LoadFailure
from evaluator.engines.hosted import HostedEngine
from evaluator.engines.protocol import Request, Weights
from tests.engines.tiny_llamas import change_tensors, write_llama


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hosted")
    write_llama(folder / "one", seed=1)
    write_llama(folder / "broken", seed=2)
    change_tensors(folder / "broken", lambda tensors: tensors.pop("model.norm.weight"))
    return folder


@pytest.fixture
def engine() -> Iterator[HostedEngine]:
    engine = HostedEngine("transformers")
    yield engine
    engine.close()


ASKED = [Request((1, 5, 9, 11), 60, frozenset()) for _ in range(8)]


def child_of(engine: HostedEngine) -> int:
    assert engine._child is not None
    return engine._child.pid


def soon(seconds: float, act: Callable[[], None]) -> None:
    threading.Timer(seconds, act).start()


def kill(engine: HostedEngine) -> None:
    os.kill(child_of(engine), signal.SIGKILL)


def test_the_engine_is_what_the_system_kills_first_when_memory_runs_out(
    engine: HostedEngine,
) -> None:
    assert Path(f"/proc/{child_of(engine)}/oom_score_adj").read_text().strip() == "1000"
    assert Path("/proc/self/oom_score_adj").read_text().strip() != "1000"


def test_a_killed_process_costs_one_batch_and_the_answers_are_the_same(
    engine: HostedEngine, shelf: Path
) -> None:
    engine.load(Weights(shelf / "one"))
    undisturbed = engine.generate(ASKED)
    kill(engine)
    assert engine.generate(ASKED) == undisturbed
    assert engine.restarts == 1


def test_a_process_that_dies_twice_is_the_checkpoints_named_failure_and_the_next_one_answers(
    engine: HostedEngine, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.load(Weights(shelf / "one"))
    generate = engine._generate
    monkeypatch.setattr(engine, "_generate", lambda asked: (kill(engine), generate(asked))[1])
    with pytest.raises(GenerationFailure, match=r"generation_crashed.*signal 9"):
        engine.generate(ASKED)
    monkeypatch.undo()
    engine.load(Weights(shelf / "one"))
    assert len(engine.generate(ASKED)) == 8


def test_a_process_that_hangs_is_killed_and_named(
    engine: HostedEngine, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.load(Weights(shelf / "one"))
    monkeypatch.setattr(hosted, "GENERATE_SECONDS", 1.0)
    monkeypatch.setattr(hosted, "SECONDS_PER_TOKEN", 0.0)
    generate = engine._generate
    stop = lambda: os.kill(child_of(engine), signal.SIGSTOP)  # noqa: E731
    monkeypatch.setattr(engine, "_generate", lambda asked: (stop(), generate(asked))[1])
    with pytest.raises(GenerationFailure, match="generation_timed_out"):
        engine.generate(ASKED)


def test_a_checkpoints_own_failure_keeps_its_name_and_its_process(
    engine: HostedEngine, shelf: Path
) -> None:
    before = child_of(engine)
    with pytest.raises(LoadFailure, match="missing_tensors"):
        engine.load(Weights(shelf / "broken"))
    assert child_of(engine) == before


def test_an_engine_that_is_not_installed_says_how_to_install_it() -> None:
    if find_spec("vllm") is not None:
        return  # the environment of `make test-vllm`
    with pytest.raises(EngineMissing, match=r"pip install 'hidden-gems\[gpu\]'"):
        HostedEngine("vllm")


def test_the_process_ends_with_its_parent(shelf: Path) -> None:
    reading, writing = os.pipe()
    parent = os.fork()
    if parent == 0:
        engine = HostedEngine("transformers")
        os.write(writing, str(child_of(engine)).encode())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(parent, 0)
    child = int(os.read(reading, 100))
    os.close(reading)
    os.close(writing)
    deadline = time.monotonic() + 20
    while Path(f"/proc/{child}").exists() and "Z" not in state_of(child):
        assert time.monotonic() < deadline, "the engine outlives its parent"
        time.sleep(0.1)


def test_the_process_never_sees_the_token(
    monkeypatch: pytest.MonkeyPatch, engine: HostedEngine
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_planted")
    engine._restart()
    environment = Path(f"/proc/{child_of(engine)}/environ").read_bytes()
    assert b"hf_planted" not in environment


def state_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return "Z"
