"""What the fleet's folder tells a hub and its clients."""

import json
from collections import Counter

import pytest
import yaml

from gems.demo.hub_folder import card_data, describe, hub_fields
from gems.demo.recipe import BASE, INSTRUCT, LANTERN, Plan, recipe


@pytest.fixture(scope="module")
def fields():
    plans = recipe("full")
    return {plan.name: hub_fields(plan, place, card_data(plan)) for place, plan in enumerate(plans)}


def test_parents_come_before_children_in_the_recipe_and_in_time(fields):
    seen = set()
    for plan in recipe("full"):
        assert seen.issuperset(plan.parents)
        for parent in plan.parents:
            assert fields[parent]["createdAt"] < fields[plan.name]["createdAt"]
        assert fields[plan.name]["createdAt"] <= fields[plan.name]["lastModified"]
        seen.add(plan.name)


def test_the_recipe_has_every_kind_and_more_than_forty_derived():
    plans = recipe("full")
    assert len(plans) >= 42
    assert {plan.how for plan in plans} == {
        *("base", "finetune", "adapter", "merge", "quantized", "duplicate"),
        *("noise", "extended", "taller", "mixture"),
    }
    twists = {"nan", "lost", "pickle", "gated", "disabled", "remote", "sharded", "no_template"}
    assert twists <= {plan.twist for plan in plans}


def test_each_parent_is_tagged_bare_and_with_its_relation(fields):
    for plan in recipe("full"):
        tagged = [tag for tag in fields[plan.name]["tags"] if tag.startswith("base_model:")]
        assert sorted(tagged) == sorted(
            tag
            for parent in plan.parents
            for tag in (f"base_model:{parent}", f"base_model:{plan.relation}:{parent}")
        )


def test_downloads_are_skewed_and_the_most_downloaded_fine_tune_leads(fields):
    downloads = Counter({name: row["downloads"] for name, row in fields.items()})
    assert {name for name, _ in downloads.most_common(3)} == {LANTERN, INSTRUCT, BASE}
    assert downloads.most_common(1)[0][0] == LANTERN
    top = sum(count for _, count in downloads.most_common(5))
    assert top / downloads.total() > 0.95
    assert all(row["downloads"] <= row["downloadsAllTime"] for row in fields.values())


def test_only_the_gated_is_gated_and_only_the_withdrawn_disabled(fields):
    for plan in recipe("full"):
        row = fields[plan.name]
        assert row["gated"] == ("manual" if plan.twist == "gated" else False)
        assert row["disabled"] == (plan.twist == "disabled")


def test_a_card_opens_with_the_front_matter_that_the_hub_reports(tmp_path):
    plan = Plan("org/merged", "merge", (BASE, INSTRUCT), None, 5)
    describe(plan, 2, tmp_path)
    _, front, body = (tmp_path / "README.md").read_text().split("---\n", 2)
    row = json.loads((tmp_path / ".hub.json").read_text())
    assert yaml.safe_load(front) == row["cardData"]
    assert row["cardData"]["base_model"] == [BASE, INSTRUCT]
    assert body.lstrip().startswith("# merged")
    merge = yaml.safe_load((tmp_path / "mergekit_config.yml").read_text())
    assert [model["model"] for model in merge["models"]] == [BASE, INSTRUCT]
