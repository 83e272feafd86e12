"""A served fleet put into a catalog as a crawl would, everything a candidate."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from catalog.database import Catalog
from catalog.tables import Checkpoint, Edge, Family, Member, Popularity, Repository
from catalog.words import Status
from hubs.huggingface import HuggingFaceHub

FAMILY = "demo-tiny"
BASE = "brook-ai/Brook-160K"
INSTRUCT = "brook-ai/Brook-160K-Instruct"
FIELDS = ("sha", "downloads", "downloadsAllTime", "createdAt", "tags", "cardData")


def enroll(catalog: Catalog, folder: Path, url: str, leave_out: tuple[str, ...] = ()) -> None:
    """Put every repository under `folder`, served at `url`, into the catalog; parents first."""
    hub = HuggingFaceHub(url, token=False)
    found = sorted(f"{path.parent.name}/{path.name}" for path in folder.glob("*/*"))
    names = [BASE, INSTRUCT, *(n for n in found if n not in (BASE, INSTRUCT, *leave_out))]
    with catalog.write() as session:
        family = Family(slug=FAMILY, title="Brook", architecture=None, parameters=None)
        session.add(family)
        session.flush()
        made: dict[str, tuple[int, int]] = {}
        for name in names:
            info = hub.info(name, expand=FIELDS)
            now = datetime.now(UTC)
            repository = Repository(
                hub="huggingface",
                hub_id=str(info.get("_id", name)),
                name=name,
                author=name.split("/")[0],
                sha=info["sha"],
                created_at=datetime.fromisoformat(info["createdAt"]),
                config={},
                first_seen=now,
                last_seen=now,
            )
            session.add(repository)
            session.flush()
            card = info.get("cardData") or {}
            parent = card.get("base_model")
            parents = [p for p in (parent if isinstance(parent, list) else [parent]) if p in made]
            relation = card.get("base_model_relation") if parents else None
            adapter = relation == "adapter"
            checkpoint = Checkpoint(
                repository_id=repository.id,
                sha=info["sha"],
                status=Status.CANDIDATE,
                relation=relation,
                base_id=made[parents[0]][1] if adapter else None,
            )
            session.add_all(
                [
                    checkpoint,
                    Member(
                        family_id=family.id,
                        repository_id=repository.id,
                        root=name in (BASE, INSTRUCT),
                        relation=relation,
                        depth=0 if name == BASE else 1,
                    ),
                    Popularity(
                        repository_id=repository.id,
                        day=now.date(),
                        downloads=info["downloads"],
                        downloads_all_time=info["downloadsAllTime"],
                    ),
                    *(
                        Edge(
                            child_id=repository.id,
                            parent_id=made[p][0],
                            parent_name=p,
                            relation=str(relation),
                            source="card",
                            confidence=1.0,
                            chosen=True,
                        )
                        for p in parents
                    ),
                ]
            )
            session.flush()
            made[name] = repository.id, checkpoint.id
