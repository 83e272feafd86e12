import json
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from click.testing import CliRunner

from gems.errors import GemsError
from gems.recorded import learn_history, read_matrix
from gems.replay import replay


@pytest.fixture
def matrix(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    chance = rng.uniform(0.2, 0.9, (30, 1))
    scores = (rng.random((30, 60)) < chance).astype(np.uint8)
    names = np.array([f"item-{i}" for i in range(60)])
    path = tmp_path / "matrix.npz"
    np.savez(
        path, X=scores, items=names, subset=np.repeat(["a", "b"], 30), load_cost=np.full(30, 2.0)
    )
    return path


def test_reports_every_figure_of_the_contract(matrix: Path, tmp_path: Path) -> None:
    plot = tmp_path / "plot.svg"
    arguments = f"{matrix} --policy accelerated,uniform --budget 9 --load-cost file --seeds 4"
    found = CliRunner().invoke(replay, [*arguments.split(), "--plot", str(plot), "--json"])
    assert found.exit_code == 0, found.output
    report = json.loads(found.stdout)
    assert (report["models"], report["items"], report["budget"]) == (30, 60, 9.0)
    assert report["load_cost"] == 2.0
    row = report["policies"]["accelerated"]
    assert set(row) == {
        "mean_rank", "regret", "top1", "recall5", "loads_per_model", "queries_per_model",
    }  # fmt: skip
    assert row["queries_per_model"][0] + 2 * row["loads_per_model"][0] <= 9
    assert plot.read_text().startswith("<svg")


def test_prints_a_table_and_takes_history(matrix: Path) -> None:
    arguments = f"{matrix} --policy default --budget 8 --seeds 2 --history {matrix} --workers 3"
    found = CliRunner().invoke(replay, arguments.split())
    assert found.exit_code == 0, found.output
    assert "default" in found.stdout


@pytest.mark.parametrize(
    "wrong", ["--policy psychic --budget 3", "--policy all --budget -1",
              "--policy all --budget 3 --load-cost x", "--policy all --budget nan"],
)  # fmt: skip
def test_usage_errors_exit_with_two(matrix: Path, wrong: str) -> None:
    assert CliRunner().invoke(replay, [str(matrix), *wrong.split()]).exit_code == 2


def test_files_that_are_no_matrix_are_refused(tmp_path: Path, matrix: Path) -> None:
    path = tmp_path / "other.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(GemsError, match="readable"):
        read_matrix(path)
    np.savez(path, Y=np.ones(3))
    with pytest.raises(GemsError, match="no matrix X"):
        read_matrix(path)
    np.savez(path, X=np.full((2, 3), 7.0))
    with pytest.raises(GemsError, match="outside"):
        read_matrix(path)
    np.savez(path, X=np.ones((2, 3), dtype=complex))
    with pytest.raises(GemsError, match="holds no numbers"):
        read_matrix(path)
    np.savez(path, X=np.ones((2, 3)), load_cost=np.array(["much", "more"]))
    with pytest.raises(GemsError, match=r"load_cost in .* holds no numbers"):
        read_matrix(path)
    with ZipFile(path, "w") as archive:
        archive.writestr("X", b"no array")
    with pytest.raises(GemsError, match="no matrix X"):
        read_matrix(path)
    single = tmp_path / "single.npy"
    np.save(single, np.ones((2, 3)))
    with pytest.raises(GemsError, match="single array"):
        read_matrix(single)
    np.savez(path, X=np.ones((2, 3)), items=np.array(["x", "y", "z"]))
    with pytest.raises(GemsError, match="in common"):
        learn_history(read_matrix(path), read_matrix(matrix))


def test_a_plot_that_cannot_be_written_loses_no_report(matrix: Path, tmp_path: Path) -> None:
    arguments = f"{matrix} --policy uniform --budget 3 --seeds 1 --json --plot {tmp_path}/no/p.svg"
    found = CliRunner().invoke(replay, arguments.split())
    assert found.exit_code == 1
    assert json.loads(found.stdout)["budget"] == 3
