from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from catalog.candidates import (
    Candidate,
    candidates,
    exclusions,
    family_named,
    popular,
    unrankable_roots,
)
from catalog.database import open_catalog
from catalog.errors import CatalogError
from catalog.tables import Checkpoint, Edge, Family, Member, Popularity, Repository
from catalog.words import Reason, Relation, Status

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Kinsfolk:
    """A family of one root, written row by row."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.family = Family(slug="tiny", title="Tiny")
        session.add(self.family)
        session.flush()

    def add(
        self,
        name: str,
        parents: tuple[Checkpoint, ...] = (),
        relation: str = Relation.FINETUNE,
        downloads: int = 0,
        all_time: int | None = None,
        **checkpoint: object,
    ) -> Checkpoint:
        repository = Repository(
            hub="h", hub_id=name, name=name, author="o", sha="1" * 40, created_at=NOW,
            config={}, first_seen=NOW, last_seen=NOW,
        )  # fmt: skip
        self.session.add(repository)
        self.session.flush()
        made = Checkpoint(
            repository_id=repository.id,
            sha=repository.sha,
            relation=relation if parents else None,
            **{"status": Status.CANDIDATE, **checkpoint},
        )
        member = Member(
            family_id=self.family.id,
            repository_id=repository.id,
            root=not parents,
            relation=made.relation,
            depth=1 if parents else 0,
        )
        older = Popularity(repository_id=repository.id, day=date(2025, 1, 1), downloads=10**6)
        point = Popularity(
            repository_id=repository.id,
            day=date(2026, 1, 1),
            downloads=downloads,
            downloads_all_time=all_time,
        )
        edges = [
            Edge(
                child_id=repository.id,
                parent_id=parent.repository_id,
                parent_name=f"p{parent.id}",
                relation=relation,
                source="tags",
                confidence=0.8,
                chosen=True,
            )
            for parent in parents
        ]
        self.session.add_all([made, member, older, point, *edges])
        self.session.flush()
        return made

    def candidates(self) -> dict[str, Candidate]:
        return {c.name: c for c in candidates(self.session, self.family.id)}


@pytest.fixture
def kin(tmp_path: Path) -> Iterator[Kinsfolk]:
    catalog = open_catalog(f"sqlite:///{tmp_path}/gems.db")
    with catalog.write() as session:
        yield Kinsfolk(session)
    catalog.close()


def test_downloads_of_excluded_copies_count_for_the_parent_they_were_made_from(kin):
    root = kin.add("o/root", downloads=1, all_time=10)
    quantized = {"status": Status.EXCLUDED, "reason": Reason.QUANTIZED}
    awq = kin.add("o/awq", (root,), Relation.QUANTIZED, 20, 200, **quantized)
    kin.add("o/awq-gguf", (awq,), Relation.QUANTIZED, 300, 3000, **quantized)
    duplicate = {"status": Status.EXCLUDED, "reason": Reason.DUPLICATE, "stand_in_id": root.id}
    kin.add("o/copy", (root,), downloads=4000, all_time=None, **duplicate)
    kin.add("o/broken", (root,), downloads=7, status=Status.EXCLUDED, reason=Reason.INCOMPLETE)
    found = kin.candidates()
    assert list(found) == ["o/root"]
    assert (found["o/root"].downloads, found["o/root"].downloads_all_time) == (4321, 7210)
    assert exclusions(kin.session, kin.family.id) == {
        "duplicate": 1,
        "incomplete": 1,
        "quantized": 2,
    }


def test_ancestors_are_nearest_first_and_roots_last(kin):
    root = kin.add("o/root")
    child = kin.add("o/child", (root,))
    merge = kin.add("o/merge", (root, child), Relation.MERGE)
    kin.add("o/last", (merge,))
    names = [name for name, _ in kin.candidates()["o/last"].ancestors]
    assert names == ["o/merge", "o/child", "o/root"]


def test_an_adapter_carries_its_base_and_a_duplicate_base_is_represented(kin):
    root = kin.add("o/root")
    base = kin.add("o/base", (root,))
    copy = kin.add("o/copy", (root,), status=Status.EXCLUDED, stand_in_id=base.id)
    kin.add("o/lora", (copy,), Relation.ADAPTER, base_id=copy.id)
    lora = kin.candidates()["o/lora"]
    assert lora.base is not None
    assert lora.base.name == "o/base"


def test_the_copy_that_stands_for_a_gated_root_is_a_root(kin):
    root = kin.add("o/root", downloads=5)
    mirror = kin.add("o/mirror", (root,))
    assert unrankable_roots(kin.session, kin.family.id) == {}
    root.status, root.reason = Status.EXCLUDED, Reason.GATED
    kin.session.flush()
    assert unrankable_roots(kin.session, kin.family.id) == {"o/root": "gated"}
    root.stand_in_id = mirror.id
    kin.session.flush()
    found = kin.candidates()
    assert unrankable_roots(kin.session, kin.family.id) == {}
    assert found["o/mirror"].root
    assert found["o/mirror"].downloads == 5


def test_only_the_checkpoint_at_the_current_commit_is_asked(kin):
    root = kin.add("o/root")
    moved = kin.add("o/moved", (root,))
    repository = kin.session.get(Repository, moved.repository_id)
    repository.sha = "2" * 40
    kin.session.flush()
    assert list(kin.candidates()) == ["o/root"]


def test_cycles_among_copies_and_parents_end(kin):
    root = kin.add("o/root")
    excluded = {"status": Status.EXCLUDED, "reason": Reason.QUANTIZED}
    one = kin.add("o/one", (root,), Relation.QUANTIZED, **excluded)
    two = kin.add("o/two", (one,), Relation.QUANTIZED, 9, **excluded)
    loop = kin.session.query(Edge).filter_by(child_id=one.repository_id).one()
    loop.parent_id = two.repository_id
    one.stand_in_id, two.stand_in_id = two.id, one.id
    kin.session.flush()
    assert kin.candidates()["o/root"].downloads == 0


def test_popular_is_the_top_percent_by_either_count_and_always_the_roots(kin):
    kin.add("o/root")
    made = [kin.add(f"o/{n}", downloads=n, all_time=500 - n) for n in range(150)]
    for checkpoint in made:
        kin.session.get(Member, (kin.family.id, checkpoint.repository_id)).root = False
    kin.session.flush()
    found = list(kin.candidates().values())
    names = {c.name for c in found if c.checkpoint_id in popular(found)}
    assert names == {"o/root", "o/149", "o/148", "o/0", "o/1"}
    assert popular([]) == frozenset()


def test_an_unknown_family_is_refused_with_the_known_ones(kin):
    assert family_named(kin.session, "tiny").id == kin.family.id
    with pytest.raises(CatalogError, match=r"no family 'big'.*known: tiny.*gems crawl"):
        family_named(kin.session, "big")
