"""One good candidate among a hundred poisoned ones: found, named, and nothing of theirs ran."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from catalog.database import Catalog, open_catalog
from catalog.tables import Answer, Checkpoint, Failure, Member, Repository
from crawler import presets
from crawler.crawl import Source, enumerate_and_screen, finish, look
from evaluator import decoding
from evaluator.engines import make
from evaluator.fetching import Fetcher, bytes_in
from evaluator.rendering import Renderer
from evaluator.scan import run_scan
from evaluator.settings import Settings
from hubs.folder import FolderHub
from hubs.huggingface import HuggingFaceHub
from hubs.transport import Patience
from leaderboard import publish
from tests.hostile.marking import POISONS, Poison, Trap
from tests.hostile.poisons import FAMILIES, FAMILY, GOOD, make_fleet, suite
from tests.hostile.sound import BASE, INSTRUCT
from tests.hostile.watching import Watched

pytestmark = pytest.mark.timeout(1200)  # what bounds the time, on the busiest machine

TOKEN = "hf_PlantedTokenThatMustNotLeakAnywhere"
GIB = 2**30
SECONDS = 15
"""For a template, in place of the house's thirty."""
SPELLING = 4.0
"""For an answer's text, in place of ten."""
KEPT = {"hub", "home", "site", "person", "tmp", "families.toml", "suite.yaml", "gems.db"}


class Silent:
    """Nobody watches the progress."""

    def expect(self, total: int) -> None: ...

    def advance(self, steps: int = 1, note: str = "") -> None: ...


@dataclass(frozen=True)
class Night:
    """What a crawl, a scan and a publication left.

    ends: by repository, as `Poison.ends` has it. details: what is said of it, beside. answers: raw
    texts and how they ended, by repository.
    """

    place: Path
    trap: Trap
    report: dict[str, Any]
    ends: dict[str, str]
    details: dict[str, str]
    answers: dict[str, list[tuple[str, str, int]]]
    watched: Watched


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    place = tmp_path_factory.mktemp("night")
    trap = Trap(place / "canary")
    make_fleet(place / "hub", trap)
    (place / "families.toml").write_text(FAMILIES)
    (place / "suite.yaml").write_text(suite())
    for folder in ("person", "tmp"):
        (place / folder).mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(place / "person"))
        patch.setenv("TMPDIR", str(place / "tmp"))
        patch.setenv("HF_TOKEN", TOKEN)
        patch.setattr(tempfile, "tempdir", None)
        patch.setattr(decoding, "SECONDS", SPELLING)
        patch.setitem(Renderer.__init__.__kwdefaults__, "seconds", SECONDS)
        patch.chdir(place / "person")
        with (
            closing(open_catalog(f"sqlite:///{place}/gems.db")) as catalog,
            FolderHub(place / "hub") as served,
            Watched() as watched,
        ):
            report = _run(catalog, served.url, place, trap)
            yield Night(place, trap, report, *_ends(catalog), _answers(catalog), watched)
        patch.setattr(tempfile, "tempdir", None)


def _run(catalog: Catalog, url: str, place: Path, trap: Trap) -> dict[str, Any]:
    checkpoints = place / "home" / "checkpoints"
    patience = Patience(tries=3, first=0.01, longest=0.02)
    hub = HuggingFaceHub(url, folder=checkpoints, patience=patience)
    known = presets.load([place / "families.toml"])
    survey = enumerate_and_screen(Source(hub), catalog, known, [FAMILY], now=datetime.now(UTC))
    for upload in trap.during:
        upload()
    look(survey)
    finish(survey, datetime.now(UTC))
    for upload in trap.later:
        upload()
    settings = Settings(
        FAMILY, place / "home", suite=str(place / "suite.yaml"), policy="exhaustive"
    )
    with closing(make("transformers", place / "home")) as engine:
        report = run_scan(catalog, engine, Fetcher(hub, checkpoints), settings, Silent())
    publish(catalog, place / "site")
    return report


def _ends(catalog: Catalog) -> tuple[dict[str, str], dict[str, str]]:
    ends: dict[str, str] = {}
    details: dict[str, str] = {}
    with catalog.read() as session:
        vetted = session.execute(
            select(Repository.name, Checkpoint.reason, Checkpoint.detail)
            .join(Member, Member.repository_id == Repository.id)
            .join(Checkpoint, Checkpoint.repository_id == Repository.id)
        )
        for name, reason, detail in vetted:
            ends[name], details[name] = reason or "ranked", detail or ""
        failed = session.execute(
            select(Repository.name, Failure.stage, Failure.kind, Failure.detail)
            .join(Checkpoint, Checkpoint.id == Failure.checkpoint_id)
            .join(Repository, Repository.id == Checkpoint.repository_id)
        )
        for name, stage, kind, detail in failed:
            ends[name], details[name] = f"{stage}:{kind}", detail
    return ends, details


def _answers(catalog: Catalog) -> dict[str, list[tuple[str, str, int]]]:
    said: dict[str, list[tuple[str, str, int]]] = {}
    with catalog.read() as session:
        rows = session.execute(
            select(Repository.name, Answer.text, Answer.finish, Answer.answer_tokens)
            .join(Checkpoint, Checkpoint.id == Answer.checkpoint_id)
            .join(Repository, Repository.id == Checkpoint.repository_id)
        )
        for name, *answer in rows:
            said.setdefault(name, []).append(tuple(answer))
    return said


def test_there_are_many_kinds_and_each_says_what_it_tries() -> None:
    assert len(POISONS) > 100
    assert len({made.name for made in POISONS}) == len(POISONS)
    assert all(made.tries.endswith(".") for made in POISONS)


@pytest.mark.parametrize("made", POISONS, ids=lambda made: made.name)
def test_a_poison_ends_by_name(night: Night, made: Poison) -> None:
    name = f"poison/{made.name}"
    assert night.ends[name] == made.ends, night.details[name]
    assert "\n" not in night.details[name]
    assert night.details[name].isprintable()
    assert len(night.details[name]) < 1000
    ranked = {row["checkpoint"] for row in night.report["leaderboard"]}
    assert (name in ranked) == (made.ends == "ranked")


def test_the_good_one_is_first_and_the_roots_are_asked(night: Night) -> None:
    rows = night.report["leaderboard"]
    assert rows[0]["checkpoint"] == GOOD
    assert rows[0]["score"] == 1.0
    assert {BASE, INSTRUCT} <= {row["checkpoint"] for row in rows}
    assert all(row["score"] == 0.0 for row in rows[1:])


def test_answers_are_what_our_decoding_makes_of_the_weights(night: Night) -> None:
    said = {name: set(rows) for name, rows in night.answers.items()}
    assert said[GOOD] == {("4", "stop", 1)}
    assert said["poison/own-decoding"] == {("7", "stop", 1)}
    assert said["poison/adapter-within"] == {("8", "stop", 1)}
    assert said["poison/empty-output"] == {("", "stop", 0)}
    assert said["poison/endless-output"] == {("a" * 8, "length", 8)}
    assert all(text.startswith("3\u202e\x1b") for text, *_ in said["poison/controlling-output"])


def test_nothing_of_theirs_ran(night: Night) -> None:
    assert not night.trap.canary.exists()


def test_nothing_is_left_outside_our_folders(night: Night) -> None:
    here = {path.name for path in night.place.iterdir()}
    assert {name for name in here if not name.startswith("gems.db-")} <= KEPT
    for empty in ("person", "tmp"):  # torch leaves an empty folder
        assert [path for path in (night.place / empty).rglob("*") if not path.is_dir()] == []


def test_pickles_code_and_stowaways_are_never_fetched(night: Night) -> None:
    fetched = {path.name for path in (night.place / "home").rglob("*") if not path.is_dir()}
    assert "model.safetensors" in fetched
    foreign = {".py", ".bin", ".pt", ".h5", ".md", ".yml"}
    assert not {name for name in fetched if Path(name).suffix in foreign}
    stowed = {"more.safetensors", "data.json", "corpus.txt", "other.model", "secrets.json"}
    assert fetched.isdisjoint(stowed | {"generation_config.json"})


def test_memory_and_disk_stay_bounded(night: Night) -> None:
    assert night.watched.peak < 6 * GIB
    assert bytes_in(night.place / "home") < 32 * 2**20
    assert bytes_in(night.place / "site") < 32 * 2**20
    assert (night.place / "gems.db").stat().st_size < 32 * 2**20


def test_the_site_names_every_poison_and_shows_nothing_raw(night: Night) -> None:
    pages = [path.read_text() for path in (night.place / "site").rglob("*.html")]
    whole = "\n".join(pages)
    missing = [made.name for made in POISONS if f"poison/{made.name}" not in whole]
    assert missing == []
    for raw in ("<script>1", "<script>alert", "<img src=x", "\x1b", "\u202e", "\x07"):
        assert raw not in whole, repr(raw)


def test_no_file_of_this_machine_and_no_token_is_in_what_was_written(night: Night) -> None:
    secrets = (b"root:x:0:0", TOKEN.encode())
    for path in night.place.rglob("*"):
        if path.is_relative_to(night.place / "hub") or path.is_dir():
            continue
        content = path.read_bytes()
        assert not any(secret in content for secret in secrets), path


def test_the_processes_that_open_foreign_files_are_not_told_the_token(night: Night) -> None:
    told = [environment for environment in night.watched.environments.values() if environment]
    assert len(told) > 10
    assert not any(TOKEN.encode() in environment for environment in told)
