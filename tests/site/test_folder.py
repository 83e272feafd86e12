"""The folder is replaced as a whole, and nothing that is not ours is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from leaderboard.errors import FolderRefused
from leaderboard.folder import replacing


def _write_and_fail(out: Path, path: str, data: bytes) -> None:
    with replacing(out) as folder:
        folder.keep("page", "one", [path])
        folder.put(path, data)
        raise RuntimeError


def test_a_failed_run_leaves_what_was_published(tmp_path: Path) -> None:
    out = tmp_path / "public"
    with replacing(out) as folder:
        folder.put("a/index.html", b"first")
    with pytest.raises(RuntimeError):
        _write_and_fail(out, "a/index.html", b"second")
    assert (out / "a/index.html").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["public"]


def test_what_is_no_longer_published_is_gone(tmp_path: Path) -> None:
    out = tmp_path / "public"
    with replacing(out) as folder:
        folder.put("gone.html", b"x")
    with replacing(out) as folder:
        folder.put("here.html", b"x")
    assert not (out / "gone.html").exists()


def test_equal_bytes_keep_their_modification_time(tmp_path: Path) -> None:
    out = tmp_path / "public"
    with replacing(out) as folder:
        assert folder.put("page.html", b"same")
    os.utime(out / "page.html", (1_000_000, 1_000_000))
    with replacing(out) as folder:
        assert not folder.put("page.html", b"same")
    assert (out / "page.html").stat().st_mtime == 1_000_000


def test_equal_inputs_are_taken_over_without_being_made(tmp_path: Path) -> None:
    out = tmp_path / "public"
    with replacing(out) as folder:
        assert not folder.keep("page", "stamp", ["page.html"])
        folder.put("page.html", b"x")
    with replacing(out) as folder:
        assert folder.keep("page", "stamp", ["page.html"])
    (out / "page.html").unlink()
    with replacing(out) as folder:
        assert not folder.keep("page", "stamp", ["page.html"])


def test_files_of_someone_else_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(FolderRefused, match="did not write"), replacing(tmp_path):
        pass
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_what_someone_laid_beside_the_pages_is_not_deleted(tmp_path: Path) -> None:
    out = tmp_path / "public"
    with replacing(out) as folder:
        folder.put("a/index.html", b"x")
    (out / ".git").mkdir()
    said = r"\.git, which gems publish did not write"
    with pytest.raises(FolderRefused, match=said), replacing(out):
        pass
    assert (out / ".git").is_dir()
    (out / ".git").rmdir()
    with replacing(out) as folder:
        folder.put("b.html", b"y")
    assert sorted(os.listdir(out)) == [".gems-publish.json", "b.html"]


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "public").write_text("x")
    with pytest.raises(FolderRefused, match="is a file"), replacing(tmp_path / "public"):
        pass


def test_two_runs_do_not_write_the_same_folder(tmp_path: Path) -> None:
    with (
        replacing(tmp_path / "public"),
        pytest.raises(FolderRefused, match="another gems publish"),
        replacing(tmp_path / "public"),
    ):
        pass


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path) -> None:
    left = tmp_path / ".public.new" / "half"
    left.mkdir(parents=True)
    (left / "page.html").write_text("half")
    with replacing(tmp_path / "public") as folder:
        folder.put("index.html", b"whole")
    assert not (tmp_path / "public" / "half").exists()


def test_a_run_killed_in_the_middle_of_the_swap_loses_nothing(tmp_path: Path) -> None:
    out = tmp_path / "public"
    with replacing(out) as folder:
        folder.put("page.html", b"x")
    out.rename(tmp_path / ".public.old")
    with replacing(out) as folder:
        assert not folder.put("page.html", b"x")


def test_an_old_page_is_never_written_through(tmp_path: Path) -> None:
    """Links share their bytes: writing to one would change what is still being served."""
    out = tmp_path / "public"
    with replacing(out) as folder:
        folder.keep("page", "one", ["page.html"])
        folder.put("page.html", b"one")
    with pytest.raises(RuntimeError):
        _write_and_fail(out, "page.html", b"two")
    assert (out / "page.html").read_bytes() == b"one"
