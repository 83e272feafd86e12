"""The door against a hub that misbehaves: it copes, or says in one line why not."""

import contextlib
import json
import socket
import threading
import time

import pytest
from huggingface_hub import HfApi
from huggingface_hub.utils import httpx

from gems.hub import serve
from hubs.errors import Astray, FolderError, HubError, Malformed, NotFound, RateLimited, Unreachable
from hubs.folder import FolderHub
from hubs.huggingface import HuggingFaceHub
from hubs.json import parse
from hubs.transport import Patience

pytestmark = pytest.mark.usefixtures("family")
HASTE = Patience(tries=3, first=0.01, timeout=10)
QUICK = Patience(tries=3, first=0.01, timeout=0.5)  # for what never answers
SHA = "1234567890" * 4


@pytest.fixture
def against(shelf, tmp_path, request):
    """A door to a hub with the given faults, and the hub."""

    def serve(*faults, page_size=2, patience=None):
        hub = FolderHub(shelf, faults={"faults": list(faults)}, page_size=page_size)
        hub.__enter__()
        request.addfinalizer(hub.close)
        stalls = any(fault["fault"] == "stall" for fault in faults)
        patience = patience or (QUICK if stalls else HASTE)
        door = HuggingFaceHub(hub.url, False, folder=tmp_path / "cache", patience=patience)
        return door, hub

    return serve


def listed(door, **query):
    return [row for page in door.pages(**query) for row in page.rows]


def all_four(door):
    return sorted(row["id"] for row in listed(door)) == [
        "ann/tuned",
        "base/trunk",
        "bob/lora",
        "cyd/merged",
    ]


def one_line(error):
    return "\n" not in str(error.value) and len(str(error.value)) < 600


PASSING = [
    {"fault": "status", "status": 503, "times": 2},
    {"fault": "status", "status": 503, "for": 0.02},
    {"fault": "status", "status": 429, "times": 1},
    {"fault": "status", "status": 429, "times": 1, "headers": {"Retry-After": 0}},
    {"fault": "stall", "seconds": 30, "times": 1},
    {"fault": "reset", "bytes": 40, "times": 2},
    {"fault": "reset", "bytes": 0, "times": 2},
    {"fault": "truncate", "bytes": 40, "times": 2},
    {"fault": "next", "to": "loop", "times": 1},
    {"fault": "next", "to": "https://elsewhere.example/api/models?cursor=x", "times": 1},
]


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: f"{fault['fault']}-{len(fault)}")
def test_a_fault_that_passes_costs_no_row(against, fault):
    door, _ = against({"on": "list", **fault})
    assert all_four(door)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"fault": "status", "status": 500}, Unreachable),
        ({"fault": "status", "status": 429}, RateLimited),
        ({"fault": "stall", "seconds": 5}, Unreachable),
        ({"fault": "reset", "bytes": 5}, Unreachable),
        ({"fault": "truncate", "bytes": 5}, Malformed),
        ({"fault": "next", "to": "loop"}, Astray),
        ({"fault": "next", "to": "http://169.254.169.254/api/models"}, Astray),
        ({"fault": "next", "to": "file:///etc/passwd"}, Astray),
        ({"fault": "next", "to": "/api/models?cursor=relative"}, Astray),
        ({"fault": "status", "status": 302, "headers": {"Location": "http://x.invalid/"}}, Astray),
        ({"fault": "status", "status": 302, "headers": {"Location": "/api/models"}}, Astray),
        ({"fault": "status", "status": 302, "headers": {"Location": "ftp://x/"}}, HubError),
        ({"fault": "status", "status": 400}, HubError),
        ({"fault": "status", "status": 204}, Malformed),
    ],
    ids=lambda value: value["fault"] if isinstance(value, dict) else "",
)
def test_a_fault_that_stays_is_one_line_and_the_place_is_kept(against, fault, error):
    door, hub = against({"on": "list", "after": 1, **fault})
    pages = door.pages(sort="createdAt")
    first = next(pages)
    with pytest.raises(error) as caught:
        list(pages)
    assert one_line(caught)
    hub.close()
    assert len(first.rows) == 2
    assert first.next is not None


def test_a_stopped_listing_goes_on_where_it_was(against):
    door, _ = against({"fault": "status", "status": 500, "on": "list", "after": 1, "times": 3})
    pages = door.pages(sort="createdAt")
    first = next(pages)
    with pytest.raises(Unreachable):
        next(pages)
    rest = [row for page in door.pages(cursor=first.next) for row in page.rows]
    assert len({row["id"] for row in [*first.rows, *rest]}) == 4


def test_odd_rows_come_through_as_they_are(against):
    odd = [None, 7, "x", [], {}, {"id": 3}, {"id": "a/b", "downloads": "many", "tags": {}}]
    odd += [{"id": "c/d", "safetensors": {"total": 10**400}}, {"id": "\ud800"}]
    door, _ = against({"fault": "rows", "rows": odd, "on": "list"}, page_size=1000)
    rows = listed(door)
    assert len(rows) == len(odd) + 4
    assert rows[:7] == odd[:7]


def test_bytes_that_are_not_text_spoil_a_field_and_not_the_page(against):
    door, _ = against({"fault": "garble", "on": "list"}, page_size=1000)
    assert len(listed(door)) == 4


def test_json_is_read_from_anything_that_resembles_it():
    assert parse(b'[%s, 1, "\\ud800x"]' % (b"9" * 5000)) == [float("inf"), 1, "\ufffdx"]
    assert parse(b'{"\\uD83D\\uDE00": "\xff"}') == {"\U0001f600": "\ufffd"}
    for broken in (b"", b"[1", b"[" * 100_000, b"nul"):
        with pytest.raises((ValueError, RecursionError)):
            parse(broken)


def test_a_told_budget_is_never_overrun(against):
    quota = {"fault": "ratelimit", "requests": 3, "window": 1.0}
    refused = {"fault": "status", "status": 500, "on": "commits"}
    door, hub = against(quota, refused, page_size=1)
    assert all_four(door)
    assert hub.requests["list"] == 4  # a refusal would have cost a fifth


@pytest.mark.parametrize("headers", [True, False])
def test_an_overrun_budget_is_waited_out(against, headers):
    quota = {"fault": "ratelimit", "requests": 2, "window": 0.3, "headers": headers}
    door, _ = against(quota, page_size=1, patience=Patience(tries=6, first=0.1, timeout=2))
    assert all_four(door)


@pytest.mark.parametrize("times", [1, 9])
@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "status", "status": 502},
        {"fault": "reset", "bytes": 3},
        {"fault": "stall", "seconds": 5},
    ],
    ids=lambda fault: fault["fault"],
)
@pytest.mark.parametrize("route", ["info", "tree", "resolve", "lfs"])
def test_every_call_is_retried(against, route, fault, times):
    door, _ = against({"on": route, "times": times, **fault})

    def everything():
        sha = door.info("base/trunk")["sha"]
        assert len(door.files("base/trunk", sha)) == 3
        assert door.text("base/trunk", sha, "config.json", 999)
        return door.header("base/trunk", sha, "model.safetensors").tensors

    if times == 1:
        assert set(everything()) == {"embed", "norm"}
    else:
        with pytest.raises(Unreachable) as caught:
            everything()
        assert one_line(caught)


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "status", "status": 503, "times": 1, "on": "resolve"},
        {"fault": "status", "status": 503, "times": 1, "on": "lfs"},
        {"fault": "reset", "bytes": 50, "times": 1, "on": "lfs", "after": 1},
        {"fault": "truncate", "bytes": 50, "times": 1, "on": "lfs", "after": 1},
    ],
    ids=lambda fault: f"{fault['fault']}-{fault['on']}",
)
def test_downloads_survive_what_passes(against, shelf, fault):
    door, _ = against(fault)
    sha = door.info("base/trunk")["sha"]
    folder = door.fetch("base/trunk", sha)
    weights = (folder / "model.safetensors").read_bytes()
    assert weights == (shelf / "base/trunk/model.safetensors").read_bytes()


@pytest.mark.parametrize("size", [3, 10**6])
@pytest.mark.parametrize("on", [["tree"], ["resolve", "lfs"], ["tree", "resolve", "lfs"]])
def test_shards_that_lie_about_their_size_are_not_taken(against, size, on):
    door, _ = against({"fault": "size", "size": size, "on": on, "file": "*.safetensors"})
    sha = door.info("base/trunk")["sha"]
    with pytest.raises(Malformed) as caught:
        door.fetch("base/trunk", sha)
    assert one_line(caught)


@pytest.mark.parametrize("length", [0, 5, 10**5, 2**40, 2**64 - 1])
def test_headers_that_lie_about_their_length_are_malformed(against, length):
    door, _ = against({"fault": "length", "length": length, "on": "lfs"})
    sha = door.info("base/trunk")["sha"]
    with pytest.raises(Malformed) as caught:
        door.header("base/trunk", sha, "model.safetensors")
    assert one_line(caught)


def test_files_that_only_come_whole_are_read_as_far_as_that_goes(against, put):
    entries = {f"t{n}": {"dtype": "U8", "shape": [1], "data_offsets": [n, n + 1]} for n in range(3)}
    folder = put("long/header", {"x": "x"})
    for name, pad in (("short", 0), ("long", 200_000)):
        header = json.dumps(entries).encode() + b" " * pad
        length = len(header).to_bytes(8, "little")
        (folder / f"{name}.safetensors").write_bytes(length + header + b"abc")
    door, _ = against({"fault": "unranged"})
    sha = door.info("long/header")["sha"]
    assert len(door.header("long/header", sha, "short.safetensors").tensors) == 3
    with pytest.raises(Malformed, match="parts of files"):
        door.header("long/header", sha, "long.safetensors")


@pytest.mark.parametrize(
    "fields", [{"size": -1}, {"size": "x"}, {"path": "../x"}, {"path": 3}, {"path": "/etc/passwd"}]
)
def test_nonsense_in_a_tree_is_malformed(against, fields):
    door, _ = against({"fault": "set", "fields": fields, "on": "tree"})
    with pytest.raises(Malformed):
        door.fetch("base/trunk", door.info("base/trunk")["sha"])


def test_repositories_vanish_in_mid_crawl(against):
    door, _ = against({"fault": "vanish", "repository": "ann/*", "after": 2}, page_size=1)
    sha = door.info("ann/tuned")["sha"]
    pages = door.pages(sort="createdAt")
    assert next(pages).rows[0]["id"] == "cyd/merged"
    assert [row["id"] for page in pages for row in page.rows] == ["bob/lora", "base/trunk"]
    with pytest.raises(NotFound):
        door.info("ann/tuned")
    with pytest.raises(NotFound):
        door.fetch("ann/tuned", sha)


def test_repositories_are_renamed_in_mid_crawl(against):
    door, _ = against({"fault": "rename", "repository": "ann/tuned", "to": "new/name", "after": 1})
    before = door.info("ann/tuned")
    after = door.info("ann/tuned")
    assert (before["id"], after["id"]) == ("ann/tuned", "new/name")
    assert (before["_id"], before["sha"]) == (after["_id"], after["sha"])
    assert {row["id"] for row in listed(door, filter=("base_model:new/name",))} == {"cyd/merged"}
    assert (door.fetch("ann/tuned", before["sha"]) / "model.safetensors").is_file()


def test_a_body_that_trickles_without_end_is_given_up():
    def trickle(server):
        connection, _ = server.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n[")
            for _ in range(100):
                connection.sendall(b" ")
                time.sleep(0.02)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=trickle, args=(server,))
        thread.start()
        patience = Patience(tries=1, timeout=1.0, whole=0.2)
        door = HuggingFaceHub(f"http://127.0.0.1:{server.getsockname()[1]}", patience=patience)
        with pytest.raises(Unreachable, match="still sending"):
            door.info("base/trunk")
        thread.join()


def test_the_librarys_own_calls_are_bounded_too(against):
    _, hub = against({"fault": "stall", "seconds": 30})
    with pytest.raises(httpx.ReadTimeout):
        HfApi(endpoint=hub.url, token=False).model_info("base/trunk")


class TestToken:
    """It goes to the hub's own host, and nowhere else."""

    @pytest.fixture
    def watched(self, shelf, monkeypatch):
        seen = []
        answer = FolderHub.answer

        def watch(hub, request):
            seen.append((hub, "authorization" in request.headers))
            return answer(hub, request)

        monkeypatch.setattr(FolderHub, "answer", watch)
        with FolderHub(shelf) as other:
            yield other, seen

    def door(self, shelf, tmp_path, url):
        return HuggingFaceHub(url, "hf_secret", folder=tmp_path / "cache", patience=HASTE)

    def test_it_goes_to_its_own_hub(self, shelf, tmp_path, watched):
        with FolderHub(shelf) as own:
            self.door(shelf, tmp_path, own.url).info("base/trunk")
            assert (own, True) in watched[1]

    @pytest.mark.parametrize("on", ["list", "info", "tree", "resolve"])
    def test_it_does_not_follow_a_redirect_elsewhere(self, shelf, tmp_path, watched, on):
        other, seen = watched
        elsewhere = {"Location": f"{other.url}/base/trunk/resolve/main/config.json"}
        fault = {"fault": "status", "status": 302, "headers": elsewhere, "on": [on]}
        with FolderHub(shelf, faults={"faults": [fault]}) as own:
            door = self.door(shelf, tmp_path, own.url)
            for ask in (
                lambda: list(door.pages()),
                lambda: door.info("base/trunk"),
                lambda: door.text("base/trunk", SHA, "config.json", 999),
                lambda: door.fetch("base/trunk", SHA),
            ):
                with contextlib.suppress(HubError):
                    ask()
        assert (other, True) not in seen
        assert (own, True) in seen


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ([{"fault": "meteor"}], "choose one of"),
        ([{"fault": "status"}], "needs status"),
        ([{"fault": "status", "status": "x"}], "cannot have status"),
        ([{"fault": "garble", "often": True}], "cannot have often"),
        ([{"fault": "garble", "on": "nowhere"}], "'nowhere'"),
        ([{"fault": "garble", "on": [7, "list", ["tree"]]}], "on 7"),
        ([{"fault": ["garble"]}], "choose one of"),
        (["garble"], "not a mapping"),
        (None, "list `faults`"),
    ],
)
def test_a_wrong_faults_file_is_one_line(shelf, tmp_path, faults, said):
    with pytest.raises(FolderError, match=said):
        FolderHub(shelf, faults={"faults": faults})
    file = tmp_path / "faults.yaml"
    for text in ("{", "- 1", "\x00"):
        file.write_text(text)
        with pytest.raises(FolderError, match=r"faults\.yaml") as caught:
            FolderHub(shelf, faults=file)
        assert one_line(caught)
    with pytest.raises(FolderError, match="cannot be read"):
        FolderHub(shelf, faults=tmp_path / "none.yaml")


def test_the_faults_that_the_help_shows_are_understood(shelf, tmp_path):
    example = serve.help.partition("faults:\n")[2].partition("\n\n")[0]
    file = tmp_path / "faults.yaml"
    file.write_text(f"faults:\n{example}\n")
    with FolderHub(shelf, faults=file) as hub:
        known = HuggingFaceHub(hub.url, token=False, patience=Patience(tries=1))
        for _ in range(3):
            assert list(known.pages())
        with pytest.raises(Unreachable, match="503"):
            list(known.pages())


def test_a_day_in_a_faults_file_is_text(shelf, put, tmp_path):
    put("base/trunk", {"config.json": "{}"})
    file = tmp_path / "faults.yaml"
    file.write_text("faults: [{fault: set, fields: {createdAt: 2025-01-01}}]")
    with FolderHub(shelf, faults=file) as hub:
        row = HuggingFaceHub(hub.url, token=False).info("base/trunk")
    assert row["createdAt"] == "2025-01-01"
