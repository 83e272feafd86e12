"""How a crawl behaves towards a hub: its token, its pace, and a minute's outage."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from crawler.crawl import Source
from hubs import transport
from hubs.folder import FolderHub, faults
from hubs.huggingface import HuggingFaceHub
from hubs.transport import Patience
from tests.crawler.test_looking import ROOTS

DAY = timedelta(days=1)


@pytest.fixture
def watched(monkeypatch):
    """(hub, route's first part, whether a token came, status) of every request."""
    seen = []
    answer = FolderHub.answer

    def watch(hub, request):
        given = answer(hub, request)
        seen.append((hub, request.path, "authorization" in request.headers, given.status))
        return given

    monkeypatch.setattr(FolderHub, "answer", watch)
    return seen


@pytest.fixture
def storage(scene, monkeypatch):
    """Another host, to which the hub sends whoever wants weights."""
    with FolderHub(scene.fleet.folder) as elsewhere:
        answer = FolderHub.answer

        def send_away(hub, request):
            given = answer(hub, request)
            place = given.headers.get("Location", "")
            if hub is elsewhere or not place.startswith("/lfs/"):
                return given
            return replace(given, headers={**given.headers, "Location": elsewhere.url + place})

        monkeypatch.setattr(FolderHub, "answer", send_away)
        yield elsewhere


def with_token(scene):
    patience = Patience(tries=3, first=0.01, longest=0.02, timeout=2)
    return Source(HuggingFaceHub(scene.source.hub.endpoint, "hf_secret", patience=patience))


def test_the_token_goes_to_the_hub_and_not_with_a_look_to_its_storage(scene, storage, watched):
    scene.fleet.add("a/tune", "lab/tiny", relation="finetune")
    scene.fleet.adapter("b/lora", "a/tune", "a/tune")
    scene.crawl(source=with_token(scene))
    assert set(scene.verdicts().values()) == {"candidate"}
    there = [token for hub, _, token, _ in watched if hub is storage]
    here = [token for hub, _, token, _ in watched if hub is not storage]
    assert len(there) >= 4
    assert not any(there)
    assert all(here)


@pytest.mark.parametrize("strategy", ["whole", "recursive"])
def test_no_link_takes_a_crawl_or_its_token_to_another_host(scene, watched, strategy):
    scene.fleet.add("a/tune", "lab/tiny", relation="finetune")
    with FolderHub(scene.fleet.folder) as elsewhere:
        to = f"{elsewhere.url}/api/models?limit=1000"
        scene.faults = [{"fault": "next", "to": to, "on": ["list"], "after": 1, "times": 1}]
        scene.crawl(source=with_token(scene), strategy=strategy)
        assert set(scene.verdicts()) == {*ROOTS, "a/tune"}
    assert [hub for hub, *_ in watched if hub is elsewhere] == []


def test_a_place_stored_by_one_hub_is_not_gone_on_with_at_another(scene):
    scene.page_size = 1
    scene.fleet.add("a/tune", "lab/tiny", relation="finetune")
    scene.faults = [{"fault": "status", "status": 500, "on": ["list"], "after": 2}]
    with pytest.raises(Exception, match="try again later"):
        scene.crawl(strategy="whole")
    scene.stop()  # the next one has another port
    scene.faults = []
    report = scene.crawl(strategy="whole")
    assert report.resumed
    assert set(scene.verdicts()) == {*ROOTS, "a/tune"}


@pytest.mark.parametrize("quota", [40])
def test_a_crawl_never_meets_a_refusal_that_it_could_have_foreseen(scene, watched, quota):
    """All of its threads together, in the hub's two budgets: of its API, and of its files."""
    for number in range(30):
        scene.fleet.add(f"a/tune-{number}", "lab/tiny", relation="finetune")
    limit = {"fault": "ratelimit", "requests": quota, "window": 1.5}
    scene.faults = [
        {**limit, "on": ["list", "info", "tree"]},
        {**limit, "on": ["resolve", "lfs"]},
    ]
    source = Source(HuggingFaceHub(scene.source.hub.endpoint, False, patience=Patience(timeout=5)))
    scene.crawl(source=source)
    assert set(scene.verdicts().values()) == {"candidate"}
    statuses = Counter(status for *_, status in watched)
    assert statuses[429] == 0
    assert sum(statuses.values()) > 60


def test_an_outage_of_a_minute_is_outlasted_in_mid_crawl(scene, monkeypatch):
    """By a clock that only waiting moves, at the shortest pauses there may be."""
    now = [1000.0]
    lock = threading.Lock()

    def sleep(seconds):
        with lock:
            now[0] += seconds

    clock = SimpleNamespace(sleep=sleep, monotonic=time.monotonic)
    monkeypatch.setattr(transport, "time", clock)
    monkeypatch.setattr(transport, "random", SimpleNamespace(uniform=lambda low, high: low))
    monkeypatch.setattr(faults, "time", SimpleNamespace(monotonic=lambda: now[0]))
    scene.fleet.add("a/tune", "lab/tiny", relation="finetune")
    scene.page_size = 1
    for on in (["list"], ["tree"], ["resolve"]):
        scene.stop()
        scene.faults = [{"fault": "status", "status": 503, "on": on, "after": 2, "for": 60}]
        source = Source(HuggingFaceHub(scene.source.hub.endpoint, False))
        began = now[0]
        report = scene.crawl(source=source, strategy="whole", now=scene.now + len(on[0]) * DAY)
        assert not report.resumed
        assert set(scene.verdicts().values()) == {"candidate"}
        if on == ["list"]:
            assert now[0] - began >= 60
