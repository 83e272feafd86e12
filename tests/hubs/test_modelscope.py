"""The door to ModelScope, against a server that answers as its API is documented."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from hubs.errors import Astray, HubError, Malformed, NotFound
from hubs.modelscope import ModelScopeHub
from hubs.protocol import Tensor
from hubs.transport import Patience

pytestmark = pytest.mark.usefixtures("family")
HEAD = "0123456789" * 4
OLDER = "abcdef0123" * 4


class Scope(BaseHTTPRequestHandler):
    """Models of a folder; `server.spoilt` replaces what a path answers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        self.query = {key: values[0] for key, values in parse_qs(url.query).items()}
        self.server.asked.append((url.path, self.headers.get("Authorization")))
        parts = url.path.strip("/").split("/")
        if url.path in self.server.spoilt:
            return self.reply(self.server.spoilt[url.path])
        if parts == ["openapi", "v1", "models"]:
            return self.reply({"success": True, "data": self.listing()})
        folder = self.server.folder / "/".join(parts[3:5])
        if not folder.is_dir():
            return self.reply({"success": False, "message": "no such model"}, 404)
        if parts[0] == "openapi":
            return self.reply({"success": True, "data": self.described(folder, readme=True)})
        if parts[-1] == "files":
            known = self.query["Revision"] in ("master", HEAD)
            files = [self.file(folder, path) for path in sorted(folder.iterdir())]
            latest = {"ShortId": HEAD[:8]} if known else None
            data = {"Files": files if known else None, "LatestCommitter": latest}
            return self.reply({"Success": True, "Data": data})
        return self.bytes((folder / self.query["FilePath"]).read_bytes())

    def listing(self):
        found = sorted(self.server.folder.glob(f"*/*{self.query.get('search', '')}*"))
        number, size = int(self.query["page_number"]), int(self.query["page_size"])
        shown = found[(number - 1) * size : number * size]
        return {"models": [self.described(folder) for folder in shown], "total_count": len(found)}

    def described(self, folder, readme=False):
        name = f"{folder.parent.name}/{folder.name}"
        told = {"id": name, "downloads": 7, "likes": 2, "created_at": "2026-01-01T00:00:00Z"}
        card = folder / "README.md"
        return {**told, "readme": card.read_text() if card.exists() else ""} if readme else told

    def file(self, folder, path):
        content = path.read_bytes()
        commit = HEAD if path.name == "config.json" else OLDER
        told = {"Path": path.name, "Size": len(content), "Type": "blob", "Revision": commit}
        return {**told, "Sha256": hashlib.sha256(content).hexdigest()}

    def bytes(self, content):
        first, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        part = content[int(first) : int(last or len(content)) + 1]
        told = {"Content-Range": f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"}
        self.send(206 if "Range" in self.headers else 200, part, told)

    def reply(self, value, status=200):
        self.send(status, json.dumps(value).encode(), {})

    def send(self, status, body, headers):
        self.send_response(status)
        for name, said in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, said)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def scope(shelf):
    for path in shelf.glob("*/*/.hub.json"):
        path.unlink()
    with ThreadingHTTPServer(("127.0.0.1", 0), Scope) as server:
        server.folder, server.spoilt, server.asked = shelf, {}, []
        server.daemon_threads, server.block_on_close = True, False
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def door(scope, tmp_path):
    url = f"http://127.0.0.1:{scope.server_port}"
    patience = Patience(tries=2, first=0.01, timeout=5)
    return ModelScopeHub(url, "ms-secret", folder=tmp_path / "cache", patience=patience)


def ids(pages):
    return [row["id"] for page in pages for row in page.rows]


def test_children_are_found_by_search_and_kept_by_their_cards(door, put):
    card = "---\nbase_model: base/trunk\n---\n"
    put("eve/trunk-tuned", {"README.md": card, "config.json": "{}"})
    put("eve/trunk-other", {"README.md": "---\nbase_model: else/trunk\n---\n"})
    assert ids(door.pages(filter=["base_model:base/trunk"])) == ["eve/trunk-tuned"]
    assert ids(door.pages(filter=["base_model:adapter:base/trunk"])) == []


def test_pages_resume_with_their_filter(door, put):
    for number in range(5):
        put(f"eve/trunk-{number}", {"README.md": "---\nbase_model: base/trunk\n---\n"})
    pages = list(door.pages(filter=["base_model:base/trunk"], limit=2))
    assert ids(pages) == [f"eve/trunk-{number}" for number in range(5)]
    assert ids(door.pages(cursor=pages[0].next)) == ids(pages[1:])
    for wrong in ("https://elsewhere.example/openapi/v1/models?page_number=1", "x"):
        with pytest.raises(Astray):
            list(door.pages(cursor=wrong))


def test_info_reads_like_the_other_hubs(door):
    info = door.info("ann/tuned")
    assert (info["id"], info["sha"], info["createdAt"]) == (
        "ann/tuned",
        HEAD,
        "2026-01-01T00:00:00Z",
    )
    assert info["config"]["model_type"] == "llama"
    assert {"base_model:base/trunk", "base_model:finetune:base/trunk", "license:mit"} <= set(
        info["tags"]
    )
    with pytest.raises(NotFound):
        door.info("no/such")
    with pytest.raises(NotFound):
        door.files("ann/tuned", OLDER)


def test_headers_and_downloads_are_held_against_size_and_digest(door, shelf, scope):
    header = door.header("base/trunk", HEAD, "model.safetensors")
    assert header.tensors["embed"] == Tensor("F32", (4, 2))
    assert set(door.headers("base/trunk", HEAD)) == {"model.safetensors"}
    folder = door.fetch("base/trunk", HEAD)
    weights = shelf / "base/trunk/model.safetensors"
    assert (folder / "model.safetensors").read_bytes() == weights.read_bytes()
    lying = sum(f.stat().st_size for f in folder.iterdir())
    assert door.size("base/trunk", HEAD) == door.here("base/trunk", HEAD) == lying
    door.forget("base/trunk", HEAD)
    assert not folder.exists()

    content = weights.read_bytes()
    told = {"Path": "model.safetensors", "Type": "blob", "Revision": HEAD}
    for size, digest in ((len(content), "0" * 64), (len(content) + 5, None), (5, None)):
        file = {**told, "Size": size, "Sha256": digest or hashlib.sha256(content).hexdigest()}
        data = {"Files": [file], "LatestCommitter": {"ShortId": HEAD[:8]}}
        listing = "/api/v1/models/base/trunk/repo/files"
        scope.spoilt[listing] = {"Success": True, "Data": data}
        with pytest.raises(Malformed):
            door.fetch("base/trunk", HEAD)


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"success": False},
        {"success": True, "data": []},
        {"success": True, "data": {"models": 3}},
    ],
)
def test_nonsense_is_one_line(door, scope, answer):
    scope.spoilt["/openapi/v1/models"] = answer
    with pytest.raises(HubError) as caught:
        list(door.pages())
    assert "\n" not in str(caught.value)


def test_odd_rows_come_through(door, scope):
    odd = [None, 3, {"id": 7}, {"id": "../x"}, {"id": "gone/away", "downloads": "many"}]
    scope.spoilt["/openapi/v1/models"] = {"success": True, "data": {"models": odd}}
    rows = [row for page in door.pages() for row in page.rows]
    assert rows[:3] == odd[:3]
    assert rows[4]["downloads"] == "many"


def test_a_commit_that_is_not_told_is_left_out(door, scope):
    file = {"Path": "a", "Type": "blob", "Revision": OLDER, "Size": 1}
    for latest in (None, {}, {"ShortId": "99999999"}):
        data = {"Files": [file], "LatestCommitter": latest}
        scope.spoilt["/api/v1/models/base/trunk/repo/files"] = {"Success": True, "Data": data}
        assert "sha" not in door.info("base/trunk")


def test_only_its_own_token_is_sent(door, scope, monkeypatch, tmp_path):
    door.info("base/trunk")
    assert {token for _, token in scope.asked} == {"Bearer ms-secret"}
    scope.asked.clear()
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.delenv("MODELSCOPE_API_TOKEN", raising=False)
    ModelScopeHub(door.endpoint, folder=tmp_path).info("base/trunk")
    assert {token for _, token in scope.asked} == {None}
