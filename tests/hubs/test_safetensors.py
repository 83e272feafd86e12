"""Headers made of anything at all."""

import contextlib
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from hubs.errors import Malformed
from hubs.protocol import Tensor
from hubs.safetensors import header_length, parse_header

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
)
ENTRY = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from(["F32", "BF16", "U8"]) | JSON,
        "shape": st.lists(st.integers(-1, 4), max_size=3) | JSON,
        "data_offsets": st.lists(st.integers(-1, 64), min_size=2, max_size=2) | JSON,
    },
)


def read(file):
    length = header_length(file[:8], len(file))
    return parse_header(file[8 : 8 + length], len(file))


@given(st.dictionaries(st.text(min_size=1, max_size=9), st.lists(st.integers(0, 3), max_size=3)))
def test_what_the_library_writes_is_read_back(shapes):
    shapes.pop("__metadata__", None)
    file = save({name: np.zeros(shape, np.float16) for name, shape in shapes.items()}, {"a": "b"})
    header = read(file)
    assert header.tensors == {name: Tensor("F16", tuple(shape)) for name, shape in shapes.items()}
    assert (header.size, header.metadata) == (len(file), {"a": "b"})


def read_or_none(file):
    with contextlib.suppress(Malformed):
        return read(file)


@given(st.dictionaries(st.text(max_size=5), ENTRY | JSON, max_size=4), st.binary(max_size=64))
def test_any_json_is_read_or_malformed(entries, data):
    header = json.dumps(entries).encode()
    found = read_or_none(struct.pack("<Q", len(header)) + header + data)
    assert found is None or set(found.tensors) == set(entries) - {"__metadata__"}


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_malformed(file):
    found = read_or_none(file)
    assert found is None or found.size == len(file)


def test_a_shape_of_endless_dimensions_is_malformed_at_once():
    header = json.dumps({"t": {"dtype": "F32", "shape": [99] * 10**6, "data_offsets": [0, 4]}})
    assert read_or_none(struct.pack("<Q", len(header)) + header.encode() + b"1234") is None


def test_scalars_and_empty_tensors_have_shapes():
    header = read(save({"scalar": np.array(1, np.float32), "none": np.zeros((0, 3), np.int8)}))
    assert header.tensors["scalar"] == Tensor("F32", ())
    assert header.tensors["none"] == Tensor("I8", (0, 3))


def test_a_short_file_is_malformed():
    with pytest.raises(Malformed, match="too short"):
        header_length(b"1234", 4)
