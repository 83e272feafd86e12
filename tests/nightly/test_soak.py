"""Ten kills of a real scan; the harness takes a hundred by itself, see `soak`."""

from __future__ import annotations

from tests.nightly.conftest import World
from tests.nightly.soak import soak


def test_a_scan_that_is_killed_again_and_again_ends_as_if_it_was_not(world: World) -> None:
    found = soak(world, kills=10, seed=1)
    assert not found.wrong
    assert sum(found.kills.values()) == 10
    assert found.lives >= 1
