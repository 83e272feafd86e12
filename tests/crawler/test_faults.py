"""Whatever the hub does, a crawl completes, or stops with one line and is gone on with."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hubs.errors import HubError, Malformed

LISTINGS = {"on": ["list"]}


@pytest.fixture
def crowded(scene):
    """Two roots and eight children on pages of three."""
    scene.page_size = 3
    for number in range(8):
        parent = "lab/tiny" if number < 4 else f"a/tune-{number - 4}"
        scene.fleet.add(f"a/tune-{number}", parent, relation="finetune")
    return scene


def names(scene):
    return set(scene.members()) - {"lab/tiny", "lab/tiny-instruct"}


EVERYONE = {f"a/tune-{number}" for number in range(8)}

PASSING = [
    {"fault": "status", "status": 503, **LISTINGS, "after": 2, "times": 2},
    {"fault": "status", "status": 429, **LISTINGS, "after": 2, "times": 2},
    {"fault": "status", "status": 500, "on": ["tree"], "after": 2, "times": 2},
    {"fault": "status", "status": 500, "on": ["resolve"], "after": 2, "times": 2},
    {"fault": "reset", "bytes": 10, **LISTINGS, "after": 2, "times": 2},
    {"fault": "reset", "bytes": 10, "on": ["tree"], "after": 2, "times": 2},
    {"fault": "truncate", "bytes": 30, **LISTINGS, "after": 2, "times": 2},
    {"fault": "stall", "seconds": 1, **LISTINGS, "after": 2, "times": 1},
    {"fault": "next", "to": "loop", **LISTINGS, "after": 2, "times": 1},
    {"fault": "next", "to": "http://127.0.0.1:9/api/models", **LISTINGS, "after": 2, "times": 1},
]


@pytest.mark.parametrize("fault", PASSING, ids=lambda f: f"{f['fault']}-{f['on'][0]}-{f['times']}")
@pytest.mark.parametrize("strategy", ["whole", "recursive"])
def test_faults_that_pass_are_survived(crowded, fault, strategy):
    crowded.faults = [fault]
    crowded.crawl(strategy=strategy)
    assert names(crowded) == EVERYONE
    assert set(crowded.verdicts().values()) == {"candidate"}


STAYING = [
    {"fault": "status", "status": 503, **LISTINGS, "after": 3},
    {"fault": "reset", "bytes": 10, **LISTINGS, "after": 3},
    {"fault": "truncate", "bytes": 30, **LISTINGS, "after": 3},
    {"fault": "next", "to": "loop", **LISTINGS, "after": 3},
    {"fault": "next", "to": "http://127.0.0.1:9/api/models", **LISTINGS, "after": 3},
    {"fault": "status", "status": 503, "on": ["tree"]},
    {"fault": "status", "status": 503, "on": ["resolve"]},
]


@pytest.mark.parametrize("fault", STAYING, ids=lambda f: f"{f['fault']}-{f['on'][0]}")
@pytest.mark.parametrize("strategy", ["whole", "recursive"])
def test_faults_that_stay_stop_the_crawl_with_one_line_and_it_resumes(crowded, fault, strategy):
    crowded.faults = [fault]
    with pytest.raises(Exception, match=r".") as caught:
        crowded.crawl(strategy=strategy)
    assert "\n" not in str(caught.value)
    crowded.stop()
    crowded.faults = []
    report = crowded.crawl(strategy=strategy)
    assert report.resumed
    assert names(crowded) == EVERYONE
    assert set(crowded.verdicts().values()) == {"candidate"}


def test_a_crawl_goes_on_at_the_page_where_the_hub_went_away(crowded):
    """The newest change and two of four pages; then no answer for as often as is asked."""
    crowded.faults = [{"fault": "status", "status": 503, **LISTINGS, "after": 3, "times": 4}]
    with pytest.raises(HubError):
        crowded.crawl(strategy="whole")
    report = crowded.crawl(strategy="whole")
    assert report.resumed
    assert report.requests == 4
    assert crowded.requests["list"] == 2
    assert names(crowded) == EVERYONE


def test_a_page_that_is_broken_for_long_is_asked_for_again_and_not_all_before_it(crowded):
    broken = {"fault": "truncate", "bytes": 30, **LISTINGS, "after": 3, "times": 8}
    crowded.faults = [broken]
    for _ in range(2):
        with pytest.raises(Malformed):
            crowded.crawl(strategy="whole")
    assert crowded.requests["list"] == 4  # tries
    report = crowded.crawl(strategy="whole")
    assert (report.resumed, report.requests) == (True, 4)
    assert crowded.requests["list"] == 2
    assert names(crowded) == EVERYONE


def test_rows_of_wrong_types_are_noted_and_the_rest_is_kept(crowded):
    rows = [7, None, [], {"id": 3}, {"_id": "x"}, {"_id": {}, "id": "a/b", "tags": 4}]
    crowded.faults = [{"fault": "rows", "rows": rows, **LISTINGS}]
    report = crowded.crawl(strategy="whole")
    assert names(crowded) == EVERYONE
    pages = report.requests  # each begins with these rows
    assert report.odd == {
        "row is not an object": 3 * pages,
        "id is not a repository's name": 2 * pages,
        "_id is not an identity": pages,
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"likes": 10**30, "downloads": -5, "downloadsAllTime": 1.5},
        {"createdAt": "yesterday", "lastModified": "9999-99-99"},
        {"lastModified": "9999-12-31T00:00:00Z"},
        {"config": [], "cardData": "x", "safetensors": {"total": "many"}},
        {"gated": {}, "disabled": "no", "private": 0, "pipeline_tag": "\u202e" * 500},
        {"library_name": 5},
    ],
)
def test_fields_that_make_no_sense_cost_no_row(crowded, fields):
    crowded.faults = [{"fault": "set", "fields": fields, **LISTINGS}]
    crowded.crawl(strategy="whole")
    assert names(crowded) == EVERYONE
    crowded.stop()
    crowded.faults = []
    crowded.fleet.add("b/later", "a/tune-1", relation="finetune")
    crowded.crawl(now=crowded.now + timedelta(days=1))
    assert "b/later" in names(crowded)


def test_text_that_is_not_utf8_ends_nothing(crowded):
    crowded.faults = [{"fault": "garble", **LISTINGS, "times": 1, "after": 1}]
    crowded.crawl(strategy="whole")
    crowded.crawl(full=True, now=crowded.now + timedelta(days=1))
    assert names(crowded) == EVERYONE


def test_files_that_lie_about_their_size_exclude_only_their_checkpoint(crowded):
    liar = {"repository": "a/tune-2", "on": ["resolve", "lfs"]}
    crowded.faults = [{"fault": "length", "length": 2**40, **liar}]
    crowded.crawl()
    verdicts = crowded.verdicts()
    assert verdicts.pop("a/tune-2") == "bad_header"
    assert set(verdicts.values()) == {"candidate"}


def test_a_repository_that_vanishes_in_mid_crawl_is_missing(crowded):
    crowded.faults = [{"fault": "vanish", "repository": "a/tune-7", "after": 8}]
    crowded.crawl(strategy="whole")
    verdicts = crowded.verdicts()
    assert verdicts.pop("a/tune-7") == "missing"
    assert set(verdicts.values()) == {"candidate"}


def test_a_repository_that_is_renamed_in_mid_crawl_is_not_lost(crowded):
    crowded.faults = [{"fault": "rename", "repository": "a/tune-1", "to": "b/moved", "after": 8}]
    crowded.crawl(strategy="whole")
    crowded.crawl(full=True, now=crowded.now + timedelta(days=1))
    assert names(crowded) == EVERYONE - {"a/tune-1"} | {"b/moved"}
    assert set(crowded.verdicts().values()) == {"candidate"}


def test_a_hub_that_limits_requests_is_met_at_its_pace(crowded):
    crowded.faults = [{"fault": "ratelimit", "requests": 15, "window": 1}]
    crowded.crawl()
    assert names(crowded) == EVERYONE


def test_one_checkpoint_that_the_hub_never_answers_about_holds_nobody_up(crowded):
    deaf = {"repository": "a/tune-2", "on": ["tree"]}
    crowded.faults = [{"fault": "status", "status": 503, **deaf}]
    crowded.crawl()
    verdicts = crowded.verdicts()
    assert verdicts.pop("a/tune-2") == "unvetted"
    assert set(verdicts.values()) == {"candidate"}
    crowded.stop()
    crowded.faults = []
    crowded.crawl(now=crowded.now + timedelta(days=1))
    assert set(crowded.verdicts().values()) == {"candidate"}


def test_errors_are_the_hubs_own(crowded):
    crowded.faults = [{"fault": "status", "status": 503, **LISTINGS}]
    with pytest.raises(HubError, match="try again later"):
        crowded.crawl()
    assert crowded.members() in ({}, {"lab/tiny": (None, 0), "lab/tiny-instruct": (None, 0)})
