"""What a look at the files survives: hubs that refuse, lie or break off, and files made to hurt."""

from __future__ import annotations

import contextlib
import json
import struct
from datetime import timedelta
from math import prod

import pytest

from hubs.errors import HubError, Refused

DAY = timedelta(days=1)
ROOTS = {"lab/tiny": "candidate", "lab/tiny-instruct": "candidate"}


def header(entries, data=b""):
    """A safetensors file. entries: as its header has them, or the header itself."""
    text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text + data


def tuned(scene, *names, **settings):
    for name in names:
        scene.fleet.add(name, "lab/tiny", relation="finetune", **settings)


@pytest.mark.parametrize(
    ("name", "dtype", "verdict"),
    [
        ("\ud800", "F32", "bad_header"),
        ("model.norm.\udfff.weight", "F32", "bad_header"),
        ("\x00", "F32", "other_shapes"),
        ("\n\u202e", "F32", "other_shapes"),
        ("a" * 10_000, "F32", "other_shapes"),
        ("t", "\ud800", "bad_header"),
        ("t", "F" * 5000, "quantized"),
        ("t", "", "bad_header"),
        ("t", "I4", "quantized"),
    ],
)
def test_a_tensor_of_any_name_and_type_costs_only_its_checkpoint(
    scene, full_shapes, name, dtype, verdict
):
    tuned(scene, "a/odd", "b/good")
    scene.fleet.adapter("c/odd", "lab/tiny", "lab/tiny")
    entries, at = {}, 0
    for tensor, shape in full_shapes().items():
        size = 4 * prod(shape)
        entries[tensor] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    entries[name] = {"dtype": dtype, "shape": [2], "data_offsets": [at, at + 8]}
    weights = header(entries, bytes(at + 8))
    (scene.fleet.folder / "a/odd/model.safetensors").write_bytes(weights)
    (scene.fleet.folder / "c/odd/adapter_model.safetensors").write_bytes(weights)
    scene.crawl()
    verdicts = scene.verdicts()
    assert verdicts.pop("a/odd") == verdict
    assert verdicts.pop("c/odd") in ("bad_adapter", "bad_header")
    assert verdicts == {**ROOTS, "b/good": "candidate"}


@pytest.mark.parametrize("size", [2**63, 10**30, 2**62])
def test_an_absurd_size_is_too_large_and_ends_nothing(scene, size):
    tuned(scene, "a/vast", "b/good")
    scene.fleet.adapter("c/lora", "lab/tiny", "lab/tiny")
    liars = {"fault": "size", "size": size, "on": ["tree"], "file": "*.safetensors"}
    scene.faults = [{**liars, "repository": name} for name in ("a/vast", "c/lora")]
    scene.crawl()
    verdicts = scene.verdicts()
    assert verdicts.pop("a/vast") == "too_large"
    assert verdicts.pop("c/lora") == "too_large"
    assert verdicts == {**ROOTS, "b/good": "candidate"}


def test_a_refusal_that_says_nothing_of_the_checkpoint_excludes_nobody(scene):
    """As when a token expires in mid-crawl, or a proxy has had enough."""
    tuned(scene, "a/one", "b/two", "c/three")
    scene.faults = [{"fault": "status", "status": 403, "on": ["tree"], "after": 2}]
    with pytest.raises(Refused) as caught:
        scene.crawl()
    assert "\n" not in str(caught.value)
    assert "bad_header" not in scene.verdicts().values()
    scene.stop()
    scene.faults = []
    assert scene.crawl().resumed
    assert set(scene.verdicts().values()) == {"candidate"}


@pytest.mark.parametrize("status", [403, 503])
def test_some_that_are_never_answered_about_hold_nobody_up_night_after_night(scene, status):
    tuned(scene, "a/deaf", "b/deaf", "c/good")
    scene.faults = [
        {"fault": "status", "status": status, "on": ["tree"], "repository": name}
        for name in ("a/deaf", "b/deaf")
    ]
    for night in range(3):
        scene.crawl(now=scene.now + night * DAY)
    verdicts = scene.verdicts()
    assert verdicts == {**ROOTS, "a/deaf": "unvetted", "b/deaf": "unvetted", "c/good": "candidate"}


@pytest.mark.parametrize("on", ["tree", "resolve", "lfs"])
@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "status", "status": 429, "times": 2},
        {"fault": "status", "status": 429, "times": 2, "headers": {"Retry-After": 0}},
        {"fault": "status", "status": 502, "times": 2},
        {"fault": "stall", "seconds": 1, "times": 1},
        {"fault": "reset", "bytes": 3, "times": 2},
        {"fault": "truncate", "bytes": 3, "times": 2},
    ],
    ids=lambda fault: f"{fault['fault']}-{len(fault)}",
)
def test_faults_of_a_look_that_pass_are_survived(scene, on, fault):
    tuned(scene, "a/one", "b/two")
    scene.fleet.adapter("c/lora", "a/one", "a/one")
    scene.faults = [{**fault, "on": [on], "after": 2}]
    scene.crawl()
    assert scene.verdicts() == {
        **ROOTS, "a/one": "candidate", "b/two": "candidate", "c/lora": "candidate",
    }  # fmt: skip


@pytest.mark.parametrize("on", ["tree", "resolve", "lfs"])
@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "status", "status": 503},
        {"fault": "status", "status": 429},
        {"fault": "reset", "bytes": 3},
        {"fault": "truncate", "bytes": 3},
    ],
    ids=lambda fault: f"{fault['fault']}-{fault.get('status', '')}",
)
def test_faults_of_a_look_that_stay_are_one_line_and_nobody_is_excluded_for_them(scene, on, fault):
    tuned(scene, *(f"a/tune-{number}" for number in range(5)))
    scene.faults = [{**fault, "on": [on], "after": 4}]
    with contextlib.suppress(HubError):
        scene.crawl()
    scene.stop()
    scene.faults = []
    scene.crawl(now=scene.now + 8 * DAY)
    assert set(scene.verdicts().values()) == {"candidate"}


@pytest.mark.parametrize(
    "index",
    [b"{", b"[]", b'{"weight_map": {"t": 3}}', b"\xff\xfe", b'{"weight_map": {"t": "../../x"}}'],
)
def test_an_index_that_cannot_be_read_costs_only_its_checkpoint(scene, index):
    tuned(scene, "a/odd", "b/good")
    folder = scene.fleet.folder / "a/odd"
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    (folder / "model.safetensors.index.json").write_bytes(index)
    scene.crawl()
    assert scene.verdicts() == {**ROOTS, "a/odd": "bad_header", "b/good": "candidate"}


@pytest.mark.parametrize("size", [3, 10**7])
@pytest.mark.parametrize("on", [["tree"], ["resolve", "lfs"]])
def test_shards_that_lie_about_their_size_cost_only_their_checkpoint(scene, full_shapes, size, on):
    tuned(scene, "a/shards", "b/good")
    shapes = full_shapes()
    (scene.fleet.folder / "a/shards/model.safetensors").unlink()
    owners = {}
    for part, half in ((1, list(shapes.items())[:3]), (2, list(shapes.items())[3:])):
        file = f"model-0000{part}-of-00002.safetensors"
        scene.fleet.tensors("a/shards", file, dict(half))
        owners |= dict.fromkeys(dict(half), file)
    index = scene.fleet.folder / "a/shards/model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": owners}))
    scene.faults = [
        {"fault": "size", "size": size, "on": on, "file": "*-00001-*", "repository": "a/shards"}
    ]
    scene.crawl()
    verdicts = scene.verdicts()
    assert verdicts.pop("a/shards") == {
        ("tree", 3): "bad_header",
        ("tree", 10**7): "too_large",
    }.get((on[0], size), "candidate")  # headers are held against what storage has
    assert verdicts == {**ROOTS, "b/good": "candidate"}
