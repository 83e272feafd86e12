"""The wheel holds all that a working `gems` needs, templates and migrations included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_data_files_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
    for part in (
        "crawler/families.toml",
        "leaderboard/templates/",
        "leaderboard/assets/",
        "migrations/versions/",
        "evaluator/suites/",
    ):
        assert any(name.startswith(part) for name in names), part
    tops = {name.split("/")[0] for name in names if not name.startswith("hidden_gems-")}
    assert tops == {"gems", "crawler", "evaluator", "leaderboard", "hubs", "catalog", "migrations"}


def test_installed_outside_the_checkout_it_gives_a_working_gems(
    wheel: Path, tmp_path: Path
) -> None:
    home = tmp_path / "empty"
    venv.create(home, with_pip=False)
    (packages,) = home.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(packages)
    # The dependencies are the ones already here; only the project's own code is the wheel's.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["GEMS_DATABASE_URL"] = f"sqlite:///{tmp_path}/gems.db"

    def gems(*arguments: str) -> str:
        code = "from gems.cli import main; main()"
        ended = subprocess.run(
            [home / "bin" / "python", "-c", code, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    where = subprocess.run(
        [home / "bin" / "python", "-c", "import gems, migrations; print(gems.__file__)"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert str(packages) in where
    upgraded = json.loads(gems("db", "upgrade", "--json"))
    assert upgraded["current"] == upgraded["newest"]
    assert "llama-3.1-8b" in gems("families")
    gems("publish", "--out", "public")
    assert (tmp_path / "public" / "index.html").is_file()
