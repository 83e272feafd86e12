"""The command line keeps its contract: what it lists, how it exits, how it says what is wrong."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gems import cli

GEMS = Path(sys.executable).with_name("gems")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [GEMS, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
        timeout=120,
    )


def test_help_lists_every_command_and_teaches_by_example() -> None:
    shown = run("--help").stdout
    for command in ("crawl", "scan", "check", "publish", "replay", "show", "families", "suites"):
        assert f"  {command} " in shown
    assert "gems scan --family llama-3.1-8b" in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["sing"],
        ["crawl"],
        ["scan", "--no-such-option"],
        ["scan", "--family", "any", "--seed", "-1"],
        ["scan", "--family", "any", "--seed", "9" * 20],
        ["scan", "--family", "any", "--budget", "nan"],
        ["scan", "--family", "any", "--budget", "inf"],
        ["check", "any/one", "--seed", "-1"],
        ["verify", "9" * 20],
        ["regrade", "9" * 20],
        ["demo", "--seed", "-1"],
        ["nightly", "--budget", "inf"],
        ["db", "sideways"],
        ["hub", "serve"],
        ["publish", "--port", "99999"],
    ],
    ids=" ".join,
)
def test_a_usage_error_is_one_line_and_exits_2(arguments: list[str]) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith("gems: ")


def test_the_catalog_is_made_by_the_first_upgrade_and_only_then(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/gems.db"
    looked = json.loads(run("db", "current", "--json", GEMS_DATABASE_URL=url).stdout)
    assert looked["current"] is None
    assert not (tmp_path / "gems.db").exists()
    upgraded = json.loads(run("db", "upgrade", "--json", GEMS_DATABASE_URL=url).stdout)
    assert upgraded["current"] == upgraded["newest"]


def test_a_catalog_that_cannot_be_opened_is_one_line_and_exits_1(tmp_path: Path) -> None:
    ended = run("db", "upgrade", GEMS_DATABASE_URL=f"sqlite:///{tmp_path}/absent/gems.db")
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert "GEMS_DATABASE_URL" in ended.stderr


def test_what_ends_badly_without_an_error_exits_1(tmp_path: Path) -> None:
    ended = run("db", "check", GEMS_DATABASE_URL=f"sqlite:///{tmp_path}/absent.db")
    assert "holds no catalog" in ended.stdout
    assert ended.returncode == 1


def test_doctor_says_what_each_thing_is_for() -> None:
    findings = {finding["what"]: finding for finding in json.loads(run("doctor", "--json").stdout)}
    assert set(findings) >= {"catalog", "GPU", "vLLM engine", "sandbox", "hub token", "disk"}
    assert all(finding["needed_for"] for finding in findings.values())


def test_doctor_says_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = run(
        "doctor",
        GEMS_DATABASE_URL=f"sqlite:///{tmp_path}/absent/gems.db",
        GEMS_HOME=str(tmp_path / "file" / "home"),
    )
    assert (
        f"no   catalog: sqlite:///{tmp_path}/absent/gems.db: {tmp_path}/absent is" in ended.stdout
    )
    assert f"no   disk: {tmp_path}/file cannot be written" in ended.stdout


def test_doctor_never_shows_the_token() -> None:
    ended = run("doctor", HF_TOKEN="hf_plantedtoken")
    assert "yes  hub token" in ended.stdout
    assert "plantedtoken" not in ended.stdout + ended.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_command_that_is_stopped_says_how_to_go_on(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    hub = subprocess.Popen([GEMS, "hub", "serve", tmp_path], stdout=subprocess.PIPE, text=True)
    assert hub.stdout is not None
    hub.stdout.readline()
    publishing = subprocess.Popen(
        [GEMS, "publish", "--serve", "--out", tmp_path / "public"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert publishing.stdout is not None
    assert publishing.stderr is not None
    publishing.stdout.readline()
    publishing.stdout.readline()
    for command in (hub, publishing):
        command.send_signal(number)
        assert command.wait(20) == code
    assert publishing.stderr.read().splitlines()[-1].startswith("gems: ")
    for pipe in (hub.stdout, publishing.stdout, publishing.stderr):
        pipe.close()


def test_a_full_disk_is_one_line_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(**_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "locks/scan")

    monkeypatch.setattr(cli.gems, "main", write)
    monkeypatch.setattr(cli, "terminate_like_interrupt", lambda: None)
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    said = "no room left on the disk for locks/scan: free some, and run the same command again"
    assert capsys.readouterr().err == f"gems: {said}\n"
