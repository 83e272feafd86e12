"""Addresses stay inside the site, whatever a repository is called."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from leaderboard.commands import transformers, vllm
from leaderboard.paths import Addresses, hub_url, is_clean, slug
from tests.site.hostile import ATTACKS

SAFE = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*/[A-Za-z0-9_~-][A-Za-z0-9._~-]*")
NAMES = st.one_of(
    st.text(max_size=60),
    st.text("abA./\\~%-_", max_size=12),
    st.from_regex(r"[A-Za-z0-9]{1,8}/[A-Za-z0-9._-]{1,20}", fullmatch=True),
)


@given(st.lists(NAMES, max_size=12))
def test_every_repository_has_a_safe_address_of_its_own(names: list[str]) -> None:
    known = [("huggingface", str(at), name) for at, name in enumerate(names)]
    addresses = Addresses(known)
    found = [addresses.of(hub, hub_id) or "" for hub, hub_id, _ in known]
    assert all(SAFE.fullmatch(address) for address in found)
    assert all(".." not in PurePosixPath(address).parts for address in found)
    assert len({address.casefold() for address in found}) == len(names)


def test_a_clean_name_is_its_own_address() -> None:
    known = [("huggingface", "1", "meta-llama/Llama-3.1-8B")]
    assert Addresses(known).of("huggingface", "1") == "meta-llama/Llama-3.1-8B"


def test_names_that_differ_in_case_only_are_kept_apart() -> None:
    addresses = Addresses([("huggingface", "1", "a/B"), ("huggingface", "2", "A/b")])
    assert addresses.of("huggingface", "1") == "a/B"
    assert str(addresses.of("huggingface", "2")).startswith("A/b~")


@given(NAMES)
def test_a_family_is_one_part_of_a_path(word: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*", slug(word))


def test_attacks_get_neither_a_link_nor_a_command() -> None:
    for attack in ATTACKS:
        if not is_clean(attack):
            assert hub_url("huggingface", attack) is None
            assert vllm(attack, "abc", None, None) is None
            assert transformers(attack, "abc", None, None) is None


def test_an_adapter_is_started_on_its_base() -> None:
    line = vllm("org/lora", "abc123", ("org/base", "def456"), "adapter")
    assert line is not None
    assert line.startswith("vllm serve org/base --revision def456")
    assert '"path": "org/lora"' in line
