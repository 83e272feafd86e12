"""Tokenizers that spell answers: how many are opened, and which are one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from evaluator.spelling import MOST_OPEN, tokens_of
from tests.evaluator.conftest import ADAPTER, MERGED, Served


def test_copies_of_one_tokenizer_are_opened_once(served: Served, tmp_path: Path) -> None:
    shelf = served.suite.parent / "hub"
    copies = [shutil.copytree(shelf / MERGED, tmp_path / str(n)) for n in range(MOST_OPEN + 2)]
    first = tokens_of((str(copies[0]),))
    assert all(tokens_of((str(copy),)) is first for copy in copies)
    assert tokens_of((str(shelf / ADAPTER), str(shelf / MERGED))).stop_ids == first.stop_ids


def test_another_tokenizer_is_another_and_few_are_kept(served: Served, tmp_path: Path) -> None:
    whole = json.loads((served.suite.parent / "hub" / MERGED / "tokenizer.json").read_text())
    folders = []
    for number in range(MOST_OPEN + 1):
        (tmp_path / str(number)).mkdir()
        added = {**whole["added_tokens"][-1], "id": 512, "content": f"<|{number}|>"}
        said = json.dumps(whole | {"added_tokens": [*whole["added_tokens"], added]})
        (tmp_path / str(number) / "tokenizer.json").write_text(said)
        folders.append((str(tmp_path / str(number)),))
    opened = [tokens_of(folder) for folder in folders]
    assert [tokens.tokenizer.decode([512], False) for tokens in opened] == [
        f"<|{n}|>" for n in range(MOST_OPEN + 1)
    ]
    assert tokens_of(folders[-1]) is opened[-1]
    assert tokens_of(folders[0]) is not opened[0]
