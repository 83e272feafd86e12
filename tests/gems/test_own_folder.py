"""A folder of somebody's own checkpoints, with their own suite, served, scanned and published.

Nothing here is the demo's: other names, another tokenizer, other prompts; every step is a command.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from tests.engines.tiny_llamas import VOCABULARY, write_llama

GEMS = Path(sys.executable).with_name("gems")
ROOT, TUNES = "ours/base", ("ours/tune-a", "theirs/tune-b", "theirs/tune-c")
WORDS = [f"What is {a} plus {b}?" for a in range(12) for b in range(3)]

Gems = Callable[..., subprocess.CompletedProcess[str]]


def write_tokenizer(folder: Path) -> None:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["<unk>", "<s>", "</s>"]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=special, show_progress=False
    )
    tokenizer.train_from_iterator(WORDS, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"})
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("own")
    for seed, name in enumerate((ROOT, *TUNES)):
        folder = write_llama(place / "shelf" / name, seed)
        write_tokenizer(folder)
        if name != ROOT:
            (folder / "README.md").write_text(f"---\nbase_model: {ROOT}\n---\nA tune.\n")
        (folder / ".hub.json").write_text(
            json.dumps({"downloads": 100 - seed, "pipeline_tag": "text-generation"})
        )
    (place / "families.toml").write_text(f'[families.ours]\ntitle = "Ours"\nroots = ["{ROOT}"]\n')
    prompts = [
        {"id": f"p-{n}", "category": "sums" if n % 2 else "words", "prompt": text}
        | ({"grader": "number", "gold": str(n)} if n % 2 else {"grader": "exact", "gold": "yes"})
        | {"max_tokens": 4}
        for n, text in enumerate(WORDS)
    ]
    (place / "ours.yaml").write_text(yaml.safe_dump({"suite": "ours", "prompts": prompts}))
    return place


@pytest.fixture(scope="module")
def gems(place: Path) -> Iterator[Gems]:
    """The command line in that folder, with the hub served beside it."""
    hub = subprocess.Popen(
        [GEMS, "hub", "serve", "shelf"], cwd=place, stdout=subprocess.PIPE, text=True
    )
    assert hub.stdout is not None
    environment = os.environ | {
        "HF_ENDPOINT": hub.stdout.readline().strip(),
        "HF_HOME": str(place / "hf"),
        "GEMS_HOME": str(place / "home"),
        "GEMS_DATABASE_URL": f"sqlite:///{place}/gems.db",
    }

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [GEMS, *arguments],
            cwd=place,
            env=environment | more,
            capture_output=True,
            text=True,
            check=False,
        )

    yield run
    hub.terminate()
    hub.wait()
    hub.stdout.close()


@pytest.fixture(scope="module")
def report(gems: Gems, place: Path) -> dict[str, object]:
    crawled = gems("crawl", "--family", "ours", "--json")
    assert crawled.returncode == 0, crawled.stderr
    scanned = gems("scan", "--family", "ours", "--suite", "ours.yaml", "--json")
    assert scanned.returncode == 0, scanned.stderr
    told: dict[str, object] = json.loads(scanned.stdout)
    return told


def test_everyone_is_crawled_and_scanned_with_their_own_prompts(report: dict[str, object]) -> None:
    assert report["candidates"] == 4
    assert report["suite"] == "ours"
    rows = report["leaderboard"]
    assert isinstance(rows, list)
    assert {row["checkpoint"] for row in rows} == {ROOT, *TUNES}


def test_it_is_published(report: dict[str, object], gems: Gems, place: Path) -> None:
    published = gems("publish", "--out", "public", "--json")
    assert published.returncode == 0, published.stderr
    page = (place / "public" / "families" / "ours.html").read_text()
    assert all(name.split("/")[1] in page for name in TUNES)


def test_its_lineage_is_drawn_and_its_family_counted(report: dict[str, object], gems: Gems) -> None:
    assert ROOT in gems("show", TUNES[1]).stdout
    listed = json.loads(gems("families", "--json").stdout)["families"]
    family = next(one for one in listed if one["slug"] == "ours")
    assert family["candidates"] == 4


BAD: dict[str, tuple[list[str], dict[str, str], str]] = {
    "a family nobody knows": (["crawl", "--family", "nobody"], {}, "nobody"),
    "a family not crawled yet": (["scan", "--family", "mistral-7b"], {}, "gems crawl"),
    "a hub that is away": (
        ["crawl", "--family", "ours"],
        {"HF_ENDPOINT": "http://127.0.0.1:9"},
        "127.0.0.1:9",
    ),
    "a folder that cannot be written": (["publish", "--out", "/proc/public"], {}, "/proc"),
    "a suite without a gold answer": (
        ["scan", "--family", "ours", "--suite", "broken.yaml"],
        {},
        "gold",
    ),
    "a suite that is not there": (
        ["scan", "--family", "ours", "--suite", "absent.yaml"],
        {},
        "absent.yaml",
    ),
    "a repository nobody knows": (["show", "no/body"], {}, "no/body"),
}


@pytest.mark.parametrize(("arguments", "environment", "word"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_and_leaves_the_catalog_as_it_was(
    arguments: list[str],
    environment: dict[str, str],
    word: str,
    report: dict[str, object],
    gems: Gems,
    place: Path,
) -> None:
    (place / "broken.yaml").write_text(
        "suite: broken\nprompts:\n  - {id: a, category: x, prompt: Why?, grader: exact}\n"
    )
    before = dump(place)
    ended = gems(*arguments, **environment)
    assert ended.returncode == 1, ended.stderr
    assert word in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
    assert len([line for line in ended.stderr.splitlines() if line.startswith("gems: ")]) == 1
    assert dump(place) == before


def dump(place: Path) -> dict[str, int]:
    """How many rows each table holds, but for crawls, which remember that they were tried."""
    import sqlite3

    connection = sqlite3.connect(place / "gems.db")
    names = [
        name
        for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
        if name != "crawls"
    ]
    counts = {
        name: connection.execute(f'select count(*) from "{name}"').fetchone()[0] for name in names
    }
    connection.close()
    return counts
