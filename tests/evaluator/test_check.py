"""Where one checkpoint stands: on the hub, or in a folder that was never published."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalog.database import Catalog
from catalog.membership import memberships
from catalog.rulings import previous_verdicts
from evaluator.check import check_folder, check_name
from evaluator.engines.hosted import HostedEngine
from evaluator.errors import ScanError
from evaluator.fetching import Fetcher
from evaluator.settings import Settings
from hubs.huggingface import HuggingFaceHub
from tests.evaluator.conftest import ADAPTER, ASKED, LOST, MERGED, NAN, Served
from tests.evaluator.enrolled import FAMILY, INSTRUCT
from tests.evaluator.scanning import answer_count


@pytest.fixture
def given(
    served: Served, engine: HostedEngine, catalog: Catalog, tmp_path: Path
) -> tuple[Catalog, HostedEngine, Fetcher, Settings]:
    folder = tmp_path / "checkpoints"
    fetcher = Fetcher(HuggingFaceHub(served.url, token=False, folder=folder), folder)
    return catalog, engine, fetcher, Settings(FAMILY, tmp_path, suite=str(served.suite))


def test_a_folder_stands_where_its_published_copy_does_and_leaves_no_trace(
    given: Any, served: Served
) -> None:
    catalog = given[0]
    root = check_name(*given, INSTRUCT)
    assert (root["n"], root["cost"]["queries"], root["position"]) == (ASKED, 2 * ASKED, 1)
    assert root["popular"] == []
    stored = answer_count(catalog)
    published = check_name(*given, MERGED)
    assert answer_count(catalog) == stored + 2 * ASKED
    assert check_name(*given, MERGED)["cost"]["queries"] == 0
    for name in (MERGED, ADAPTER):
        local = check_folder(*given, served.suite.parent / "hub" / name)
        assert answer_count(catalog) == stored + 2 * ASKED
        for key in ("score", "low", "high", "n", "categories", "popular"):
            assert local[key] == published[key]
    assert [rival["checkpoint"] for rival in published["popular"]] == [INSTRUCT]
    assert published["popular"][0]["delta"] == pytest.approx(published["score"] - root["score"])
    with catalog.read() as session:
        assert previous_verdicts(session, 1) == {}


def test_prompts_of_one_template_make_it_less_sure_as_in_a_scan(
    given: Any, served: Served, tmp_path: Path
) -> None:
    catalog, engine, fetcher, settings = given
    check_name(*given, INSTRUCT)
    apart = check_name(*given, MERGED)
    for name in ("suite.yaml", "proof.yaml"):
        suite = yaml.safe_load((served.suite.parent / name).read_text())
        for prompt in suite["prompts"]:
            prompt["template"] = prompt["category"]
        (tmp_path / name).write_text(yaml.safe_dump(suite))
    templated = replace(settings, suite=str(tmp_path / "suite.yaml"))
    alike = check_name(catalog, engine, fetcher, templated, MERGED)
    assert (alike["cost"]["queries"], alike["score"]) == (0, apart["score"])
    assert alike["low"] < apart["low"] < apart["high"] < alike["high"]
    assert alike["popular"][0]["delta"] == apart["popular"][0]["delta"]
    assert alike["popular"][0]["p"] >= 0.5 ** len(alike["categories"])
    assert alike["popular"][0]["p"] != apart["popular"][0]["p"]


def test_what_cannot_be_evaluated_says_why_in_one_line(given: Any, served: Served) -> None:
    with pytest.raises(ScanError, match="fails to load: not_finite_weights"):
        check_name(*given, NAN)
    with pytest.raises(ScanError, match="cannot be evaluated: missing_tensors"):
        check_folder(*given, served.suite.parent / "hub" / LOST)
    with pytest.raises(ScanError, match="is no folder"):
        check_folder(*given, Path("/no/such/folder"))
    with pytest.raises(ScanError, match="is no candidate"):
        check_name(*given, "nobody/nothing")


def test_a_name_is_found_in_its_families_whatever_the_case(catalog: Catalog) -> None:
    with catalog.read() as session:
        found = memberships(session, INSTRUCT.upper())
        assert [(m.family, m.name, m.reason) for m in found] == [(FAMILY, INSTRUCT, None)]
        assert memberships(session, "nobody/nothing") == []
