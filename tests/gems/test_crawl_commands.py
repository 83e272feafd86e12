"""`gems crawl`, `families` and `show`, as a person types them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy
import pytest
from click.testing import CliRunner
from safetensors.numpy import save_file

from gems.cli import gems
from gems.errors import roots
from hubs.folder import FolderHub


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A root, its child and a quantized copy, served; the family is described in this folder."""
    for number, (name, card) in enumerate(
        {
            "lab/tiny": {},
            "ann/tuned": {"base_model": "lab/tiny", "base_model_relation": "finetune"},
            "bob/tuned-gguf": {"base_model": "ann/tuned", "base_model_relation": "quantized"},
        }.items()
    ):
        folder = tmp_path / "hub" / name
        folder.mkdir(parents=True)
        told = {"cardData": card, "downloads": 10 * number}
        (folder / ".hub.json").write_text(json.dumps(told))
        if "gguf" in name:
            (folder / "m.gguf").write_bytes(b"x")
            continue
        (folder / "config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
        (folder / "tokenizer.json").write_text("{}")
        weights = {"model.embed_tokens.weight": numpy.full((8, 2), number, "float32")}
        save_file(weights, folder / "model.safetensors")
    (tmp_path / "families.toml").write_text('[families.tiny]\nroots = ["lab/tiny"]\n')
    monkeypatch.chdir(tmp_path)
    with FolderHub(tmp_path / "hub") as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        yield served


def run(*arguments):
    return CliRunner().invoke(gems, arguments, catch_exceptions=True)


def test_a_family_is_crawled_listed_and_shown(hub):
    crawled = json.loads(run("crawl", "--family", "tiny", "--json").stdout)
    assert crawled["strategy"] == "whole"
    [family] = crawled["families"]
    assert (family["candidates"], family["excluded"]) == (2, {"quantized": 1})
    listed = json.loads(run("families", "--json").stdout)["families"]
    [tiny] = [family for family in listed if family["slug"] == "tiny"]
    assert tiny["checkpoints"] == 3
    assert tiny["not_yet_evaluated"] == 2
    assert set(tiny["concentration"]) == {"top1_share", "smallest_share_95", "gini"}
    assert {"llama-3.1-8b", "qwen2.5-0.5b"} <= {family["slug"] for family in listed}
    shown = json.loads(run("show", "ann/tuned", "--json").stdout)
    assert [node["name"] for node in shown["ancestry"]] == ["lab/tiny"]
    assert [node["name"] for node in shown["children"]] == ["bob/tuned-gguf"]
    drawn = run("show", "ann/tuned").stdout
    assert "came from" in drawn
    assert "bob/tuned-gguf  quantized, quantized, 20 downloads" in drawn
    assert "excluded as quantized: It is a quantized copy" in run("families").stdout


def test_a_node_that_is_drawn_into_a_pipe_is_one_line(hub, tmp_path):
    long = f"{'o' * 60}/{'n' * 90}"
    folder = tmp_path / "hub" / long
    folder.mkdir(parents=True)
    (folder / ".hub.json").write_text('{"cardData": {"base_model": "lab/tiny"}}')
    run("crawl", "--family", "tiny")
    drawn = run("show", "lab/tiny").stdout.splitlines()
    assert any(f"{long}  finetune, no_safetensors" in line for line in drawn)
    assert all(line == line.rstrip() for line in drawn)


def test_without_a_family_those_of_the_catalog_are_crawled(hub):
    assert run("crawl").exit_code == 2
    assert run("crawl", "--family", "tiny").exit_code == 0
    again = run("crawl")
    assert again.exit_code == 0
    assert "Read what changed" in again.stdout


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_crawl_needs_no_open_streams(hub, closed):
    command = f'"{sys.executable}" -c "from gems.cli import main; main()"'
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    crawling = f"{command} crawl --family tiny {closed}"
    assert subprocess.run(crawling, shell=True, env=environment, check=False).returncode == 0
    assert "2 candidates" in run("families").stdout


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["int", "term"]
)
def test_who_is_interrupted_does_not_wait_for_a_slow_hub(hub, tmp_path, number, code):
    stall = {"fault": "stall", "seconds": 60, "on": ["tree"], "after": 1}
    with FolderHub(tmp_path / "hub", faults={"faults": [stall]}) as slow:
        command = [sys.executable, "-c", "from gems.cli import main; main()"]
        process = subprocess.Popen(
            [*command, "crawl", "--family", "tiny"],
            env={**os.environ, "HF_ENDPOINT": slow.url, "PYTHONPATH": os.pathsep.join(sys.path)},
            stderr=subprocess.PIPE,
            text=True,
        )
        while slow.requests["list"] < 2:
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(1)
        process.send_signal(number)
        said = process.communicate(timeout=10)[1]
    assert process.returncode == code
    assert said.endswith("the same command goes on where it was\n")
    assert "2 candidates" in run("crawl", "--family", "tiny").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("crawl", "--family", "big"), "no family 'big' (known: "),
        (("show", "no/body"), "no/body is not in the catalog"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(hub, arguments, said):
    result = run(*arguments)
    assert isinstance(result.exception, roots())
    assert said in str(result.exception)
    assert "\n" not in str(result.exception)
