"""Who opted out is named nowhere, whether the catalog holds them or only others' word of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta

import pytest
from click.testing import CliRunner

from catalog import checkpoints, families, lineage, opting_out, repositories, trees
from catalog.opting_out import UNNAMED, OptedOut
from catalog.reports.kinship import kinship
from catalog.reports.unranked import unranked
from catalog.tables import Repository
from catalog.words import Reason
from gems.cli import gems
from leaderboard import publish
from tests.crawler.conftest import NOW

DAY = timedelta(days=1)
LIST = '\n[opt_out]\nauthors = ["Shy"]\nrepositories = ["Half/Shy"]\n'


def opt_out(scene, told=LIST):
    text = scene.families.read_text().partition("\n[opt_out]")[0]
    scene.families.write_text(text + told)


@pytest.fixture
def family(scene):
    """Children of, and adapters on, what will opt out; some of it is in no catalog."""
    fleet = scene.fleet
    fleet.add("shy/base", "lab/tiny", relation="finetune")
    fleet.add("half/shy", "lab/tiny", relation="finetune")
    fleet.add("half/open", "lab/tiny", relation="finetune")
    fleet.add("a/child", "shy/base", relation="finetune")
    fleet.add("a/merge", "lab/tiny", "shy/gone", "half/shy", relation="merge")
    fleet.add("a/orphan", "Shy/Elsewhere", relation="finetune")
    fleet.adapter("a/lora", "shy/base", "shy/base")
    fleet.adapter("a/lost", "shy/private", "lab/tiny")
    bits = {"quantization_config": {"quant_method": "awq"}}
    fleet.add("shy/awq", "half/open", relation="quantized", config=bits)
    scene.faults = [
        {"fault": "set", "fields": {"config": {}}, "on": ["list"], "repository": "a/l*"}
    ]
    return scene


def everything(scene, tmp_path, monkeypatch):
    """All that is printed and published of a family."""
    with scene.catalog.read() as session:
        found = families.found(session)[0]
        told = [asdict(kinship(session, found.id))]
        told += [asdict(row) for row in unranked(session, found.id, None)]
        told += [asdict(families.census(session, found))]
        names = [row.name for row in session.query(Repository)]
    text = [json.dumps(told, default=str)]
    publish(scene.catalog, tmp_path / "public", now=NOW)
    pages = [file for file in (tmp_path / "public").rglob("*") if file.is_file()]
    text += [str(file) for file in pages]
    text += [file.read_bytes().decode(errors="replace") for file in pages]
    monkeypatch.setenv("GEMS_DATABASE_URL", scene.catalog.url)
    monkeypatch.setenv("GEMS_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path / "public")
    for arguments in (["families"], *(["show", name, "--all"] for name in names)):
        for form in ([], ["--json"]):
            text.append(CliRunner().invoke(gems, [*arguments, *form]).stdout)
    return "\n".join(text).lower()


THEIRS = ("shy/", "half/shy", "shy--", "half--shy")


def test_they_are_named_before_they_opt_out(family, tmp_path, monkeypatch):
    family.crawl()
    said = everything(family, tmp_path, monkeypatch)
    assert all(name in said for name in ("shy/", "half/shy"))


@pytest.mark.parametrize("after", [False, True])
def test_who_opted_out_is_named_nowhere(family, tmp_path, monkeypatch, after):
    if after:
        family.crawl()
    opt_out(family)
    family.crawl(now=family.now + DAY)
    said = everything(family, tmp_path, monkeypatch)
    assert [said[(at := said.index(name)) - 60 : at + 60] for name in THEIRS if name in said] == []
    assert "half/open" in said
    assert "a/merge" in said


def test_their_children_stay_and_what_needs_their_files_leaves(family):
    family.crawl()
    opt_out(family)
    family.crawl(now=family.now + DAY)
    verdicts = family.verdicts()
    assert verdicts["shy/base"] == verdicts["half/shy"] == verdicts["shy/awq"] == "opted_out"
    assert verdicts["a/child"] == verdicts["a/merge"] == verdicts["half/open"] == "candidate"
    assert verdicts["a/lora"] == "base_excluded"
    assert family.members()["a/child"] == ("finetune", 2)


def test_who_changes_their_mind_is_listed_again(family):
    opt_out(family)
    family.crawl()
    opt_out(family, "")
    family.crawl(now=family.now + DAY, full=True)
    assert family.verdicts()["shy/base"] == "candidate"
    assert family.verdicts()["a/lora"] == "candidate"
    with family.catalog.read() as session:
        assert opting_out.opted_out(session) == OptedOut(frozenset())
        child = repositories.named(session, "a/child")
        assert trees.ancestry(session, child.id).next[0].name == "shy/base"


def test_an_author_with_tens_of_thousands_of_repositories_can_opt_out(scene):
    many = 40_000
    with scene.catalog.write() as session:
        session.execute(
            Repository.__table__.insert(),
            [
                {
                    "hub": "huggingface", "hub_id": f"h{n}", "name": f"shy/m{n}", "author": "shy",
                    "sha": "1" * 40, "config": {}, "first_seen": NOW, "last_seen": NOW,
                    "disabled": False, "private": False,
                }
                for n in range(many)
            ],
        )  # fmt: skip
        ids = opting_out.keep(session, ["shy"], [])
        checkpoints.exclude(session, ids, Reason.OPTED_OUT, NOW)
    assert len(ids) == many


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "its base shy/base is excluded: opted_out",
            "its base (not listed) is excluded: opted_out",
        ),
        ("SHY/x.", f"{UNNAMED}."),
        ("see half/shy, half/shyer", "see (not listed), half/shyer"),
        ("not shy at all, not.shy/x, shy", "not shy at all, not.shy/x, shy"),
        ("http://hub/api/models/shy/x-1.y?a=b", "http://hub/api/models/(not listed)?a=b"),
    ],
)
def test_a_text_conceals_their_names_and_no_others(text, shown):
    assert OptedOut(frozenset({"shy", "half/shy"})).conceal(text) == shown


def test_merges_of_merges_are_drawn_once_each(scene):
    """Two merges on each of 25 levels, each of both below: 2 to the 25th ways to the root."""
    fleet = scene.fleet
    below = ["lab/tiny", "lab/tiny-instruct"]
    for level in range(25):
        pair = [f"m/left-{level}", f"m/right-{level}"]
        for name in pair:
            fleet.add(name, *below, relation="merge", seed=5)
        below = pair
    scene.crawl()
    with scene.catalog.read() as session:
        top = repositories.named(session, "m/left-24")
        root = repositories.named(session, "lab/tiny")
        above = trees.ancestry(session, top.id)
        under = trees.descent(session, root.id, None)
        assert len(lineage.parents(session, top.id)) == 2
    for tree, grown in ((above, 51), (under, 52)):
        names = list(all_names(tree))
        assert len(names) <= 110
        assert len(set(names)) == grown


def all_names(node):
    yield node.name
    for below in node.next:
        yield from all_names(below)
