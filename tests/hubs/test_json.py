"""Listings' rows are the same whether all of their JSON is read or only the wanted parts."""

from __future__ import annotations

import json
from typing import Any, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubs.json import parse, parse_as


class Inner(TypedDict, total=False):
    kept: Any


class Shape(TypedDict, total=False):
    kept: Any
    inner: Inner | None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["kept", "inner", "other"])
ROWS = st.dictionaries(KEYS, VALUES | st.dictionaries(KEYS, VALUES)) | VALUES


def wanted(row: object) -> object:
    """The parts of a row that `Shape` has."""
    if not isinstance(row, dict):
        return row
    parts = {key: row[key] for key in ("kept", "inner") if key in row}
    if isinstance(inner := parts.get("inner"), dict):
        parts["inner"] = {key: inner[key] for key in ("kept",) if key in inner}
    return parts


@given(st.lists(ROWS, max_size=4))
def test_the_wanted_parts_are_what_reading_everything_gives(rows):
    body = json.dumps(rows).encode()
    assert repr([wanted(row) for row in parse_as(body, list[Shape])]) == repr(
        [wanted(row) for row in parse(body)]
    )


@given(st.binary(max_size=12), st.sampled_from(["kept", "other"]))
def test_bytes_of_any_kind_cost_a_row_nothing(odd, key):
    body = b'[{"%s": "%s", "inner": {"kept": 1}}]' % (key.encode(), odd)
    try:
        whole = parse(body)
    except ValueError:
        with pytest.raises(ValueError, match=r"\S"):
            parse_as(body, list[Shape])
        return
    assert [wanted(row) for row in parse_as(body, list[Shape])] == [wanted(row) for row in whole]


@pytest.mark.parametrize("body", [b'[{"kept": 1', b"", b"[1,]", b'["%s"]' % b"\xff\n"])
def test_what_is_no_json_is_said_to_be_none(body):
    with pytest.raises(ValueError, match=r"\S"):
        parse_as(body, list[Shape])


def test_a_nest_without_end_is_an_error_and_no_crash():
    with pytest.raises(RecursionError):
        parse_as(b"[" * 200_000, list[Shape])
    deep = b'[{"other": %s}]' % (b"[" * 200_000)
    with pytest.raises((RecursionError, ValueError)):
        parse_as(deep, list[Shape])


def test_what_a_shape_does_not_have_is_left_out():
    body = b'[{"kept": 1, "other": 2, "inner": {"kept": 3, "other": 4}}]'
    assert parse_as(body, list[Shape]) == [{"kept": 1, "inner": {"kept": 3}}]
