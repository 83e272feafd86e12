"""Who asked not to be listed is named nowhere: on no page, in no download, in no tree."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from catalog import checkpoints, lineage, trees
from catalog.database import Catalog, open_catalog
from catalog.tables import Checkpoint, Edge, Repository
from catalog.words import Reason, Status
from leaderboard import publish
from tests.site.made import NOW, Fleet, fill


@pytest.fixture
def made(tmp_path: Path) -> Iterator[tuple[Catalog, set[str]]]:
    """A scanned family of which every third checkpoint opted out, and their names."""
    catalog = open_catalog(f"sqlite:///{tmp_path}/gems.db")
    fill(catalog, Fleet(checkpoints=30, selecting=12, confirming=40))
    with catalog.write() as session:
        told = session.query(Repository.id, Repository.name).order_by(Repository.id).all()
        leaving = dict(map(tuple, told[3::3]))
        checkpoints.exclude(session, list(leaving), Reason.OPTED_OUT, NOW)
    yield catalog, set(leaving.values())
    catalog.close()


def written(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            yield str(file.relative_to(folder)), content
            if file.suffix == ".gz":
                yield f"{file.name}, unpacked", gzip.decompress(content)


def test_no_page_and_no_download_names_them(made: tuple[Catalog, set[str]], tmp_path: Path) -> None:
    catalog, names = made
    publish(catalog, tmp_path / "public", now=NOW)
    found = [
        (place, name)
        for place, content in written(tmp_path / "public")
        for name in names
        if name.encode() in content or name.replace("/", "--").encode() in content
    ]
    assert found == []


def test_a_tree_has_their_place_without_their_name(tmp_path: Path) -> None:
    catalog = open_catalog(f"sqlite:///{tmp_path}/gems.db")
    with catalog.write() as session:
        top, middle, low = (_add(session, name) for name in ("lab/root", "a/left", "b/child"))
        for child, parent in ((middle, top), (low, middle)):
            name = session.get_one(Repository, parent).name
            session.add(
                Edge(
                    child_id=child, parent_id=parent, parent_name=name, relation="finetune",
                    source="tags", confidence=0.8, chosen=True,
                )
            )  # fmt: skip
        checkpoints.exclude(session, [middle], Reason.OPTED_OUT, NOW)
    with catalog.read() as session:
        said = lineage.evidence(session, low)
        above, below = trees.ancestry(session, low), trees.descent(session, top, None)
    assert [node.name for node in above.next] == [trees.UNNAMED]
    assert [node.name for node in above.next[0].next] == ["lab/root"]
    assert [node.name for node in below.next] == [trees.UNNAMED]
    assert [node.name for node in below.next[0].next] == ["b/child"]
    assert said == []
    catalog.close()


def _add(session: Session, name: str) -> int:
    repository = Repository(
        hub="h", hub_id=name.replace("/", "-"), name=name, author=name.split("/")[0], sha="1" * 40,
        config={}, first_seen=NOW, last_seen=NOW,
    )  # fmt: skip
    session.add(repository)
    session.flush()
    session.add(Checkpoint(repository_id=repository.id, sha="1" * 40, status=Status.CANDIDATE))
    return repository.id
