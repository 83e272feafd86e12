"""The folder hub, driven by the real client."""

import json
import os
import socket
from pathlib import Path

import pytest
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    BadRequestError,
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import httpx

from hubs.errors import FolderError
from hubs.folder import FolderHub

pytestmark = pytest.mark.usefixtures("family")


def api(hub: FolderHub) -> HfApi:
    return HfApi(endpoint=hub.url, token=False)


def names(hub: FolderHub, **query: object) -> list[str]:
    return [model.id for model in api(hub).list_models(**query)]  # type: ignore[arg-type]


def test_the_bare_tag_lists_children_of_every_relation(hub):
    found = names(hub, filter="base_model:base/trunk", sort="created_at")
    assert found == ["cyd/merged", "ann/tuned", "bob/lora"]


def test_a_relation_tag_lists_children_of_that_relation(hub):
    assert names(hub, filter="base_model:adapter:base/trunk") == ["bob/lora"]
    assert names(hub, filter="base_model:finetune:base/trunk") == ["ann/tuned"]
    assert names(hub, filter=["base_model:merge:base/trunk", "base_model:ann/tuned"]) == [
        "cyd/merged"
    ]


def test_listings_sort_by_every_key_largest_first(hub):
    assert names(hub, sort="downloads")[:3] == ["base/trunk", "bob/lora", "ann/tuned"]
    assert names(hub, sort="created_at")[-1] == "base/trunk"
    assert len(names(hub, sort="last_modified")) == 4
    assert names(hub, sort="likes")[0] == "base/trunk"
    assert names(hub, author="bob") == ["bob/lora"]
    assert names(hub, search="TUN") == ["ann/tuned"]


@pytest.mark.parametrize("sort", ["downloads", "created_at", None])
def test_pages_follow_each_other_without_loss_or_repeat(shelf, put, sort):
    for number in range(12):
        put(f"many/m{number}", {"a.txt": "a"}, downloads=number // 3)
    with FolderHub(shelf, page_size=2) as hub:
        whole = names(hub, sort=sort)
        assert len(whole) == len(set(whole)) == 16
        assert hub.requests["list"] == 8


def test_a_row_has_the_hubs_default_fields_or_exactly_what_is_asked(hub):
    with httpx.Client() as client:
        row = client.get(f"{hub.url}/api/models", params={"author": "base"}).json()[0]
        default = {"_id", "id", "likes", "trendingScore", "private", "downloads", "tags"}
        default |= {"pipeline_tag", "library_name", "createdAt", "modelId"}
        assert set(row) == default
        asked = [("expand", "downloads"), ("expand[]", "sha"), ("author", "base")]
        row = client.get(f"{hub.url}/api/models", params=asked).json()[0]
        assert set(row) == {"_id", "id", "downloads", "sha"}


@pytest.mark.parametrize("wrong", [{"expand": "childrenModelCount"}, {"sort": "size"}])
@pytest.mark.parametrize("kind", ["models", "datasets"])
def test_a_bad_parameter_is_a_400(hub, wrong, kind):
    with httpx.Client() as client:
        assert client.get(f"{hub.url}/api/{kind}", params=wrong).status_code == 400
        assert client.get(f"{hub.url}/api/models?cursor=%00").status_code == 400
        assert client.get(f"{hub.url}/api/models?limit=x").status_code == 400
    with pytest.raises(BadRequestError):
        api(hub).model_info("base/trunk", expand=["nonsense"])


def test_info_tells_config_parameters_and_blobs(hub):
    info = api(hub).model_info("base/trunk", files_metadata=True)
    assert info.config == {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        "tokenizer_config": {"eos_token": "</s>"},
    }
    assert info.safetensors.parameters == {"F32": 10}
    assert info.safetensors.total == 10
    assert info.pipeline_tag == "text-generation"
    weights = next(s for s in info.siblings if s.rfilename == "model.safetensors")
    assert weights.lfs.size == weights.size
    assert len(weights.lfs.sha256) == 64
    assert ".hub.json" not in {s.rfilename for s in info.siblings}


def test_info_expands_lineage(hub):
    fields = ["baseModels", "childrenModelCount", "downloadsAllTime"]
    root = api(hub).model_info("base/trunk", expand=fields)
    assert root.base_models is None
    assert root.downloads_all_time == 1000
    assert root.children_model_count == {"finetune": 1, "adapter": 1, "merge": 1, "quantized": 0}
    merged = api(hub).model_info("cyd/merged", expand=fields)
    assert merged.base_models["relation"] == "merge"
    assert [m["id"] for m in merged.base_models["models"]] == ["ann/tuned", "base/trunk"]


def test_the_sha_follows_the_contents(hub, shelf):
    first = api(hub).model_info("ann/tuned").sha
    assert first == api(hub).model_info("ann/tuned", revision=first).sha
    (shelf / "ann/tuned/README.md").write_text("new")
    assert api(hub).model_info("ann/tuned").sha != first
    with pytest.raises(RevisionNotFoundError):
        api(hub).model_info("ann/tuned", revision=first)


def test_refs_commits_tree_and_paths(hub, put):
    put("base/trunk", {"sub/deep/x.txt": "x"})
    client = api(hub)
    sha = client.model_info("base/trunk").sha
    assert client.list_repo_refs("base/trunk").branches[0].target_commit == sha
    assert client.list_repo_commits("base/trunk")[0].commit_id == sha
    top = {entry.path for entry in client.list_repo_tree("base/trunk")}
    assert top == {"config.json", "model.safetensors", "sub", "tokenizer_config.json"}
    whole = {entry.path for entry in client.list_repo_tree("base/trunk", recursive=True)}
    assert whole == top | {"sub/deep", "sub/deep/x.txt"}
    below = client.list_repo_tree("base/trunk", "sub/deep", expand=True)
    assert [entry.path for entry in below] == ["sub/deep/x.txt"]
    found = client.get_paths_info("base/trunk", ["config.json", "sub", "nothing"])
    assert [entry.path for entry in found] == ["config.json", "sub"]
    with pytest.raises(RemoteEntryNotFoundError):
        list(client.list_repo_tree("base/trunk", "nowhere"))


def test_trees_page(hub, put):
    put("big/tree", {f"f{number:03}.txt": "x" for number in range(120)})
    files = list(api(hub).list_repo_tree("big/tree", expand=True))
    assert len({file.path for file in files}) == 120
    assert hub.requests["tree"] == 3


def test_headers_are_read_by_range(hub, shelf):
    client = api(hub)
    whole = client.get_safetensors_metadata("base/trunk")
    assert whole.weight_map == {"embed": "model.safetensors", "norm": "model.safetensors"}
    file = client.parse_safetensors_file_metadata("base/trunk", "model.safetensors")
    assert file.tensors["embed"].shape == [4, 2]
    index = {"metadata": {"total_size": 40}, "weight_map": {"embed": "model.safetensors"}}
    (shelf / "base/trunk/model.safetensors.index.json").write_text(json.dumps(index))
    sharded = client.get_sharded_safetensors_metadata("base/trunk")
    assert sharded.files_metadata["model.safetensors"].tensors["norm"].shape == [2]


def test_snapshots_download_and_a_cached_commit_costs_nothing(hub, shelf, tmp_path):
    sha = api(hub).model_info("base/trunk").sha
    where = {"revision": sha, "endpoint": hub.url, "cache_dir": tmp_path / "c", "token": False}
    plan = snapshot_download("base/trunk", dry_run=True, **where)
    assert sum(file.file_size for file in plan) == sum(
        path.stat().st_size for path in (shelf / "base/trunk").iterdir() if path.name[0] != "."
    )
    folder = Path(snapshot_download("base/trunk", **where))
    for name in ("model.safetensors", "config.json"):
        assert (folder / name).read_bytes() == (shelf / "base/trunk" / name).read_bytes()
    before = hub.requests.total()
    snapshot_download("base/trunk", **where)
    assert hub.requests.total() == before


def test_single_files_download(hub, shelf):
    path = api(hub).hf_hub_download("base/trunk", "model.safetensors")
    assert Path(path).read_bytes() == (shelf / "base/trunk/model.safetensors").read_bytes()
    with pytest.raises(RemoteEntryNotFoundError):
        api(hub).hf_hub_download("base/trunk", "nothing.json")


def test_ranges(hub, shelf):
    content = (shelf / "base/trunk/config.json").read_bytes()
    url = f"{hub.url}/base/trunk/resolve/main/config.json"
    with httpx.Client() as client:
        part = client.get(url, headers={"Range": "bytes=3-6"})
        assert (part.status_code, part.content) == (206, content[3:7])
        assert part.headers["Content-Range"] == f"bytes 3-6/{len(content)}"
        assert client.get(url, headers={"Range": "bytes=-5"}).content == content[-5:]
        assert client.get(url, headers={"Range": "bytes=5-"}).content == content[5:]
        past = client.get(url, headers={"Range": f"bytes={len(content)}-"})
        assert past.status_code == 416
        head = client.head(url)
        assert int(head.headers["Content-Length"]) == len(content)
        assert head.content == b""


def test_large_files_redirect_with_their_digest(hub):
    with httpx.Client() as client:
        first = client.head(f"{hub.url}/base/trunk/resolve/main/model.safetensors")
        assert first.status_code == 302
        digest = first.headers["X-Linked-Etag"].strip('"')
        assert digest in first.headers["Location"]
        assert len(first.headers["X-Repo-Commit"]) == 40


def test_gated_metadata_is_public_and_its_bytes_are_not(hub, put):
    put("shy/gated", {"config.json": "{}"}, gated="manual")
    assert api(hub).model_info("shy/gated").gated == "manual"
    assert [f.path for f in api(hub).list_repo_tree("shy/gated")] == ["config.json"]
    for token in (False, "hf_some"):
        with pytest.raises(GatedRepoError):
            api(hub).hf_hub_download("shy/gated", "config.json", token=token)
        with pytest.raises(GatedRepoError):
            HfApi(endpoint=hub.url, token=token).list_repo_commits("shy/gated")


def test_disabled_repositories_say_so(hub, put):
    put("bad/off", {"config.json": "{}"}, disabled=True)
    assert api(hub).model_info("bad/off").disabled is True
    with pytest.raises(DisabledRepoError):
        list(api(hub).list_repo_tree("bad/off"))


def test_missing_and_private_look_alike(hub, put):
    put("own/secret", {"config.json": "{}"}, private=True)
    for name in ("no/such", "own/secret"):
        with pytest.raises(RepositoryNotFoundError) as caught:
            api(hub).model_info(name)
        assert not isinstance(caught.value, GatedRepoError)
    assert "own/secret" not in names(hub)


def test_renamed_repositories_redirect_and_tags_follow(hub, put, shelf):
    put("ann/better", {"config.json": "{}"}, renamed_from=["ann/good", "ann/first"])
    put("dee/child", {"README.md": "---\nbase_model: ann/good\n---\n"})
    info = api(hub).model_info("ann/good")
    assert info.id == "ann/better"
    assert api(hub).model_info("ann/first", expand=["sha"]).sha == info.sha
    path = api(hub).hf_hub_download("ann/good", "config.json")
    assert Path(path).read_text() == "{}"
    assert names(hub, filter="base_model:ann/better") == ["dee/child"]
    child = api(hub).model_info("dee/child")
    assert child.card_data.base_model == "ann/good"
    assert "base_model:finetune:ann/better" in child.tags


def test_datasets_are_served_alike(hub, put):
    put("datasets/eve/quiz", {"data/train.jsonl": "{}\n"}, downloads=3)
    client = api(hub)
    assert client.dataset_info("eve/quiz").downloads == 3
    assert [found.id for found in client.list_datasets()] == ["eve/quiz"]
    path = client.hf_hub_download("eve/quiz", "data/train.jsonl", repo_type="dataset")
    assert Path(path).read_text() == "{}\n"
    assert "eve/quiz" not in names(hub)


def test_nothing_outside_the_folder_is_served(hub, shelf, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (shelf / "base/trunk/link.txt").symlink_to(secret)
    (shelf / "base/trunk/way").symlink_to(tmp_path, target_is_directory=True)
    (shelf / "base/out").symlink_to(tmp_path, target_is_directory=True)
    (shelf / "base/trunk/settings.txt").symlink_to(shelf / "base/trunk/.hub.json")
    os.mkfifo(shelf / "base/trunk/pipe")
    listed = {file.path for file in api(hub).list_repo_tree("base/trunk", recursive=True)}
    assert listed == {"config.json", "model.safetensors", "tokenizer_config.json"}
    assert "base/out" not in names(hub)
    paths = ["link.txt", "way/secret.txt", "../../../secret.txt", "%2e%2e/%2e%2e/%2e%2e/secret.txt"]
    paths += [".hub.json", "..%2f..%2f..%2fsecret.txt", "settings.txt", "pipe"]
    host, port = hub.url.removeprefix("http://").split(":")
    for path in paths:
        with socket.create_connection((host, int(port))) as raw:  # clients tidy dots away
            raw.sendall(f"GET /base/trunk/resolve/main/{path} HTTP/1.0\r\n\r\n".encode())
            assert b" 404 " in raw.recv(4096).split(b"\r\n")[0]


def test_hostile_contents_do_not_break_a_listing(hub, put):
    bomb = "---\na: &a [x, x]\nb: [*a, *a]\nbase_model: base/trunk\n---\n"
    put("mal/one", {"README.md": bomb, "config.json": "[" * 100000})
    put("mal/two", {"README.md": "---\n- list\n---\n", "model.safetensors": "\xff" * 20})
    put("mal/three", {"README.md": "---\nbase_model: {x: 1}\n---", "config.json": '{"a": NaN}'})
    found = api(hub).list_models(author="mal", expand=["config", "safetensors", "tags"])
    assert len(list(found)) == 3
    put("mal/four", {"x": "x"}, downloads="many", tags="junk")
    assert len(names(hub, sort="downloads")) == 8


def test_a_bad_setting_is_refused_in_one_line(shelf, put):
    folder = put("bad/settings", {"x": "x"})
    for text, said in (("{", "JSON"), ("[]", "object"), ('{"dowloads": 1}', "dowloads")):
        (folder / ".hub.json").write_text(text)
        with pytest.raises(FolderError, match=said) as caught:
            FolderHub(shelf)
        assert "\n" not in str(caught.value)
    with pytest.raises(FolderError, match="not a folder"):
        FolderHub(shelf / "nowhere")


def test_a_port_in_use_is_refused_in_one_line(hub, shelf):
    with pytest.raises(FolderError, match="--port"):
        FolderHub(shelf, port=int(hub.url.rsplit(":", 1)[1]))


def test_what_is_no_route_is_a_404(hub):
    with pytest.raises(HfHubHTTPError):
        api(hub).whoami(token="hf_x")
    assert hub.requests["unknown"] == 1


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /api/models?limit=" + "9" * 5000,
        "GET /api/models?limit=-1",
        "GET /api/models?cursor=" + "W1tb" * 10_000,
        "GET /api/models?cursor=e30=",
        "GET /api/models?filter=%ff&search=%00&author=/",
        "GET /api/models/base/trunk?expand=&expand[]=x",
        "GET /api/models/base/trunk/revision/%2f%2e%2e",
        "GET /api/models/base/trunk/tree/main/%2e%2e/%2e%2e",
        "GET /api/models/base/trunk/tree/main?cursor=!!",
        "GET /api/models/base/trunk/safetensors-metadata/config.json",
        "GET /api/models/../..",
        "GET //api//models",
        "GET /base/trunk/resolve/main/",
        "GET /lfs/models/base/trunk/0/model.safetensors",
        "POST /api/models",
        "POST /api/models/base/trunk/paths-info/main",
        "HEAD /api/models/base/trunk/nothing",
    ],
)
def test_any_request_gets_an_answer(hub, request_line):
    host, port = hub.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(f"{request_line} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        status = int(raw.recv(4096).split()[1])
    assert status < 500


@pytest.mark.parametrize("said", ["bytes=x", "bytes=-", "bytes=9-1", "bytes=" + "9" * 5000 + "-"])
def test_odd_ranges_get_an_answer(hub, said):
    with httpx.Client() as client:
        url = f"{hub.url}/base/trunk/resolve/main/config.json"
        assert client.get(url, headers={"Range": said}).status_code in (200, 416)
