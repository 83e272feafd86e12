"""Stored scores as a matrix: written, replayed over, and learned from."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from click.testing import CliRunner, Result

from catalog import checkpoints, repositories
from catalog.database import Catalog
from catalog.tables import Scan
from catalog.words import Reason
from evaluator.matrix import matrix
from evaluator.plan import ADAPTER_SHARE
from gems.export import export
from gems.recorded import read_matrix
from gems.replay import replay
from tests.evaluator.conftest import ADAPTER, ASKED, LOST, NAN


def ranked(catalog: Catalog) -> int:
    """How many of the fleet's checkpoints have a score."""
    with catalog.read() as session:
        return len(session.get_one(Scan, 3).report["leaderboard"])


def run(*options: str) -> Result:
    ended = CliRunner().invoke(export, options)
    assert ended.exit_code == 0, ended.output
    return ended


def test_scores_go_through_a_file_and_a_replay(past: Catalog, tmp_path: Path) -> None:
    told = json.loads(run("3", "--matrix", str(tmp_path / "all.npz"), "--json").stdout)
    assert told == {
        "scan": 3,
        "matrix": str(tmp_path / "all.npz"),
        "models": ranked(past),
        "whole": ranked(past),
        "items": ASKED,
    }
    with np.load(tmp_path / "all.npz", allow_pickle=False) as file:
        held = {name: file[name] for name in file}
    assert set(held) == {"X", "models", "items", "subset", "load_cost"}
    assert held["X"].shape == (ranked(past), ASKED)
    assert {NAN, LOST}.isdisjoint(held["models"])
    adapter = list(held["models"]).index(ADAPTER)
    assert held["load_cost"][adapter] == held["load_cost"].max() * ADAPTER_SHARE
    ended = CliRunner().invoke(
        replay,
        f"{tmp_path}/all.npz --policy exhaustive --budget {ASKED} --seeds 2 --json".split(),
    )
    assert json.loads(ended.stdout)["policies"]["exhaustive"]["regret"] == [0.0, 0.0]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_means_of_whole_rows_are_the_scores_of_the_search(past: Catalog) -> None:
    early, everything = matrix(past, 1), matrix(past, 3)
    assert 0 < early.whole.sum() < len(early.models) == ranked(past)
    assert everything.whole.all()
    there = ~np.isnan(early.scores)
    assert np.array_equal(early.scores[there], everything.scores[there])
    assert there[:, 0].all()  # everyone is asked the first prompt first
    whole = matrix(past, 1, whole=True)
    assert len(whole.models) == early.whole.sum()
    assert not np.isnan(whole.scores).any()


def test_a_history_with_gaps_can_be_learned_from(past: Catalog, tmp_path: Path) -> None:
    for scan_id in ("1", "3"):
        run(scan_id, "--matrix", str(tmp_path / f"{scan_id}.npz"))
    assert np.isnan(read_matrix(tmp_path / "1.npz").scores).any()
    ended = CliRunner().invoke(
        replay,
        f"{tmp_path}/3.npz --policy accelerated --budget 20 --seeds 2 --json"
        f" --history {tmp_path}/1.npz".split(),
    )
    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.stdout)["models"] == ranked(past)


def test_what_cannot_be_written_is_told_in_a_line(past: Catalog, tmp_path: Path) -> None:
    for options, said in (
        (["9", "--matrix", str(tmp_path / "a.npz")], "no scan 9"),
        (["--matrix", str(tmp_path / "absent" / "a.npz")], "cannot write"),
        (["3", "--family", "nobody", "--matrix", str(tmp_path / "a.npz")], "no family"),
    ):
        ended = CliRunner().invoke(export, options)
        assert ended.exit_code == 1
        assert said in str(ended.exception)
        assert "\n" not in str(ended.exception)
    assert not list(tmp_path.glob("*.npz"))


def test_who_opted_out_since_is_in_no_matrix(past: Catalog) -> None:
    with past.write() as session:
        leaving = repositories.named(session, ADAPTER)
        assert leaving is not None
        checkpoints.exclude(session, [leaving.id], Reason.OPTED_OUT, datetime.now(UTC))
    assert set(matrix(past, 3).models).isdisjoint({ADAPTER})
    assert len(matrix(past, 3).models) == ranked(past) - 1
