"""Strings are shown so that nobody is fooled by them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.text import name, plain, prose
from tests.site.hostile import ATTACKS

ANYTHING = st.text(st.characters(), max_size=300)


@given(ANYTHING)
def test_a_name_holds_no_character_that_cannot_be_seen(value: str) -> None:
    for shown in (name(value), plain(value)):
        assert not set(shown) & set("\x00\n\t\x7f\x9f\u200b\u202e\u2066\ufeff\u3164\ud800")
        str(shown).encode()


@given(ANYTHING)
def test_a_text_keeps_its_line_breaks_and_nothing_else_that_is_hidden(value: str) -> None:
    shown = prose(value, 400)
    assert not set(shown) & set("\x00\x7f\x9f\u200b\u202e\u2066\ufeff")
    assert shown.count("\n") == value.replace("\r\n", "\n").count("\n")


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_leaves_markup_behind(attack: str) -> None:
    for shown in (name(attack), prose(attack, 500)):
        rest = shown.replace("<bdi>", "").replace("</bdi>", "")
        rest = rest.replace('<span class="cc">', "").replace("</span>", "")
        assert "<" not in rest
        assert ">" not in rest
        assert '"' not in rest


def test_hidden_characters_are_written_out() -> None:
    assert name("a\u202eb") == '<bdi>a<span class="cc">U+202E</span>b</bdi>'
    assert plain("a\x00b") == "a⟨U+0000⟩b"


def test_what_is_endless_is_cut_and_says_so() -> None:
    assert len(name("W" * 1_000_000)) < 200
    assert prose("W" * 1_000_000, 10).endswith("… 999,990 more characters</span>")


def test_marks_do_not_pile_up() -> None:
    assert plain("e" + "\u0301" * 50) == "e" + "\u0301" * 3
