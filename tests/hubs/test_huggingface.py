"""The door, against a folder hub over loopback."""

import json
import struct
from dataclasses import asdict

import pytest

from hubs.errors import Astray, Disabled, Gated, HubError, Malformed, NotFound, Unreachable
from hubs.folder import FolderHub
from hubs.huggingface import HuggingFaceHub
from hubs.protocol import HubFile, Tensor, tensors
from hubs.transport import Patience

pytestmark = pytest.mark.usefixtures("family")
HASTE = Patience(tries=2, first=0.01, timeout=2.0)


@pytest.fixture
def door(hub, tmp_path):
    return HuggingFaceHub(hub.url, False, folder=tmp_path / "cache", patience=HASTE)


def ids(pages):
    return [row["id"] for page in pages for row in page.rows]


def sha(door, name):
    return door.info(name, expand=["sha"])["sha"]


def test_pages_give_raw_rows_and_resume_from_any_cursor(shelf, put):
    for number in range(7):
        put(f"many/m{number}", {"a.txt": "a"}, downloads=number)
    with FolderHub(shelf, page_size=3) as hub:
        door = HuggingFaceHub(hub.url, False, patience=HASTE)
        whole = list(door.pages(sort="createdAt", expand=["downloads", "tags"]))
        assert len(set(ids(whole))) == 11
        assert set(whole[0].rows[0]) == {"_id", "id", "downloads", "tags"}
        for number, page in enumerate(whole[:-1]):
            assert ids(door.pages(cursor=page.next)) == ids(whole[number + 1 :])
        assert whole[-1].next is None


def test_filters_are_tags_that_all_hold(door):
    assert ids(door.pages(filter=("base_model:adapter:base/trunk",))) == ["bob/lora"]
    assert ids(door.pages(filter=("base_model:base/trunk", "license:mit"), sort="downloads")) == [
        "bob/lora",
        "ann/tuned",
    ]


@pytest.mark.parametrize("cursor", ["https://elsewhere.example/api/models?cursor=x", "x", ""])
def test_a_cursor_of_another_hub_is_refused(door, cursor):
    with pytest.raises(Astray, match="start anew"):
        next(iter(door.pages(cursor=cursor)))


def test_info_says_why_it_cannot_answer(door, put):
    put("shy/gated", {"model.safetensors": "x"}, gated="manual")
    put("bad/off", {"config.json": "{}"}, disabled=True)
    assert door.info("shy/gated")["gated"] == "manual"
    assert door.info("bad/off", expand=["disabled"])["disabled"] is True
    with pytest.raises(NotFound):
        door.info("no/such")
    with pytest.raises(NotFound):
        door.info("base/trunk", revision="0" * 40)
    with pytest.raises(Gated):
        door.header("shy/gated", sha(door, "shy/gated"), "model.safetensors")
    with pytest.raises(Disabled):
        door.files("bad/off", sha(door, "bad/off"))
    with pytest.raises(Malformed):
        door.info("../../etc")


def test_a_renamed_repository_answers_under_its_present_name(door, put):
    put("ann/better", {"config.json": "{}"}, renamed_from=["ann/good"])
    assert door.info("ann/good")["id"] == "ann/better"
    assert door.text("ann/good", sha(door, "ann/good"), "config.json", 10) == "{}"


def test_files_carry_the_digests_of_weights(door, shelf):
    files = {file.path: file for file in door.files("base/trunk", sha(door, "base/trunk"))}
    assert set(files) == {"config.json", "model.safetensors", "tokenizer_config.json"}
    assert files["config.json"].sha256 is None
    assert len(files["model.safetensors"].sha256) == 64
    size = (shelf / "base/trunk/model.safetensors").stat().st_size
    assert files["model.safetensors"].size == size


def test_headers_name_every_tensor_without_its_weights(door, hub):
    commit = sha(door, "base/trunk")
    header = door.header("base/trunk", commit, "model.safetensors")
    assert header.tensors == {"embed": Tensor("F32", (4, 2)), "norm": Tensor("F32", (2,))}
    assert hub.requests["lfs"] == 1
    assert tensors(door.headers("base/trunk", commit)) == header.tensors


def shard(folder, name, entries, data=b"", length=None):
    header = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    length = len(header) if length is None else length
    (folder / name).write_bytes(struct.pack("<Q", length) + header + data)


def tensor(begin=0, end=8, shape=(2,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


def test_shards_are_read_and_held_against_their_index(door, put):
    folder = put("big/one", {"x.txt": "x"})
    shard(folder, "a.safetensors", {"p": tensor()}, b"12345678")
    shard(folder, "b.safetensors", {"q": tensor()}, b"12345678")

    def index(weight_map):
        text = json.dumps({"weight_map": weight_map})
        (folder / "model.safetensors.index.json").write_text(text)
        return door.headers("big/one", sha(door, "big/one"))

    whole = index({"p": "a.safetensors", "q": "b.safetensors"})
    assert tensors(whole) == {"p": Tensor("F32", (2,)), "q": Tensor("F32", (2,))}
    for wrong, said in (
        ({"p": "a.safetensors", "q": "c.safetensors"}, "lacks c.safetensors"),
        ({"p": "a.safetensors", "z": "b.safetensors"}, "lacks z"),
        ({"p": "a.safetensors", "q": 3}, "cannot be read"),
        ([], "cannot be read"),
        ({f"t{n}": f"{n}.safetensors" for n in range(1001)}, "1,001 shards"),
    ):
        with pytest.raises(Malformed, match=said):
            index(wrong)
    shard(folder, "b.safetensors", {"p": tensor(0, 8), "q": tensor(8, 16)}, b"1" * 16)
    with pytest.raises(Malformed, match="does not name"):
        index({"p": "a.safetensors", "q": "b.safetensors"})


@pytest.mark.parametrize(
    ("entries", "data", "length"),
    [
        (b"{}", b"", 2**63),
        (b"{}", b"", 24_000_000),
        (b"{}", b"", 5),
        (b"", b"", None),
        (b"[]", b"", None),
        (b"[" * 90_000, b"", None),
        (b'{"t": 1}', b"", None),
        (b'{"t": {}}', b"", None),
        (b'{"t": \xff}', b"", None),
        (b'{"a": {}, "a": {}}', b"", None),
        ({"t": tensor(0, 4)}, b"1234", None),
        ({"t": tensor(0, 8, (-2,))}, b"12345678", None),
        ({"t": tensor(0, 8, (True, 2))}, b"12345678", None),
        ({"t": tensor(8, 0)}, b"12345678", None),
        ({"t": tensor(0, 8), "u": tensor(4, 12)}, b"1" * 12, None),
        ({"t": tensor(0, 8)}, b"too short"[:5], None),
        ({"t": tensor(0, 8)}, b"longer than it says", None),
        ({"t": tensor(0, 10**30, (10**30,))}, b"", None),
        ({"t": {**tensor(), "dtype": ["F32"]}}, b"12345678", None),
    ],
)
def test_lying_headers_are_malformed_in_one_line(door, put, entries, data, length):
    folder = put("mal/weights", {"x.txt": "x"})
    shard(folder, "model.safetensors", entries, data, length)
    with pytest.raises(Malformed, match=r"model\.safetensors of mal/weights") as caught:
        door.headers("mal/weights", sha(door, "mal/weights"))
    assert "\n" not in str(caught.value)


def test_long_headers_take_a_second_request(door, put, hub):
    folder = put("long/header", {"x.txt": "x"})
    entries = {f"layer.{n}": tensor(8 * n, 8 * n + 8) for n in range(3000)}
    shard(folder, "model.safetensors", entries, bytes(24_000))
    header = door.header("long/header", sha(door, "long/header"), "model.safetensors")
    assert len(header.tensors) == 3000
    assert hub.requests["lfs"] == 2


def test_an_empty_weight_file_is_malformed(door, put):
    put("mal/empty", {"model.safetensors": ""})
    with pytest.raises(Malformed):
        door.headers("mal/empty", sha(door, "mal/empty"))


def test_a_checkpoint_without_safetensors_has_no_headers(door):
    with pytest.raises(NotFound, match="no safetensors"):
        door.headers("bob/lora", sha(door, "bob/lora"))


def test_adapters_have_headers_too(door, put):
    folder = put("bob/lora", {})
    shard(folder, "adapter_model.safetensors", {"t": tensor()}, b"12345678")
    assert list(door.headers("bob/lora", sha(door, "bob/lora"))) == ["adapter_model.safetensors"]


def test_text_is_bounded_and_never_fails_to_decode(door, put):
    folder = put("some/text", {"long.json": "x" * 100})
    (folder / "odd.json").write_bytes(b'{"a": "\xff"}')
    commit = sha(door, "some/text")
    assert door.text("some/text", commit, "odd.json", 100) == '{"a": "\ufffd"}'
    with pytest.raises(Malformed, match="longer than 99"):
        door.text("some/text", commit, "long.json", 99)
    with pytest.raises(NotFound):
        door.text("some/text", commit, "none.json", 99)
    for path in ("../x", "/x", "a//b", "a\nb", ""):
        with pytest.raises(Malformed):
            door.text("some/text", commit, path, 99)


def test_fetching_brings_what_runs_and_nothing_that_executes(door, hub, put, shelf):
    extra = {"model.py": "x", "pytorch_model.bin": "x", "sub/model.safetensors": "x"}
    put("base/trunk", {**extra, "tokenizer.json": "{}", "chat_template.jinja": "x"})
    commit = sha(door, "base/trunk")
    folder = door.fetch("base/trunk", commit)
    brought = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    runnable = {"config.json", "model.safetensors", "tokenizer_config.json", "tokenizer.json"}
    assert brought == runnable | {"chat_template.jinja"}
    sizes = sum((shelf / "base/trunk" / name).stat().st_size for name in brought)
    assert door.size("base/trunk", commit) == door.here("base/trunk", commit) == sizes
    before = hub.requests.total()
    assert door.fetch("base/trunk", commit) == folder
    assert hub.requests.total() == before
    only = door.fetch("ann/tuned", sha(door, "ann/tuned"), patterns=["*.py", "*.json"])
    assert [path.name for path in only.iterdir()] == ["config.json"]


def test_forgetting_frees_a_commit_and_no_other(door, put, tmp_path):
    kept, gone = sha(door, "ann/tuned"), sha(door, "base/trunk")
    stays, folder = door.fetch("ann/tuned", kept), door.fetch("base/trunk", gone)
    door.forget("base/trunk", gone)
    door.forget("base/trunk", gone)
    assert not folder.exists()
    assert not list((tmp_path / "cache").glob("models--base--trunk/blobs/*"))
    assert (stays / "model.safetensors").is_file()
    assert (door.fetch("base/trunk", gone) / "model.safetensors").is_file()


def test_gated_and_vanished_checkpoints_cannot_be_fetched(door, put, shelf):
    put("shy/gated", {"config.json": "{}"}, gated="auto")
    with pytest.raises(Gated):
        door.fetch("shy/gated", sha(door, "shy/gated"))
    with pytest.raises(NotFound):
        door.fetch("base/trunk", "0" * 40)
    with pytest.raises(Malformed, match="commit"):
        door.fetch("base/trunk", "main")


def test_an_unreachable_hub_is_one_line(hub, tmp_path):
    door = HuggingFaceHub(hub.url, False, folder=tmp_path, patience=HASTE)
    hub.close()
    for ask in (
        lambda: next(iter(door.pages())),
        lambda: door.info("base/trunk"),
        lambda: door.fetch("base/trunk", "0" * 40),
    ):
        with pytest.raises(Unreachable, match="network") as caught:
            ask()
        assert "\n" not in str(caught.value)
    with pytest.raises(HubError, match="HF_ENDPOINT"):
        HuggingFaceHub("not a url")


def test_shapes_are_plain_data():
    assert asdict(HubFile("a", 1, None)) == {"path": "a", "size": 1, "sha256": None}
