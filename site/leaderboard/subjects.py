"""What one checkpoint's page says, transcripts aside: all of it small enough to hash and send."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from catalog.reports.kinship import Link
from catalog.reports.standings import Standing
from catalog.words import Relation
from leaderboard import sentences
from leaderboard.paths import hub_url
from leaderboard.sentences import relation
from leaderboard.views import Site, View

NAMED = 12
DEEP = 12


@dataclass(frozen=True, slots=True)
class Relative:
    name: str
    relation: str | None
    address: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Subject:
    """view: index into `Site.views`. lineage: from the root down to its parent."""

    view: int
    standing: Standing
    address: str
    family_title: str
    family_path: str
    headline: str
    sentence: str
    regressions: tuple[tuple[str, float], ...]
    relation: str
    rank: str
    base: tuple[str, str] | None
    reference_address: str | None
    lineage: tuple[Relative, ...]
    children: tuple[Relative, ...]
    child_count: int
    quantized: tuple[Relative, ...]
    duplicates: tuple[str, ...]
    siblings: tuple[Relative, ...]
    has_popularity: bool

    @property
    def org(self) -> str:
        org, slash, _ = self.standing.name.rpartition("/")
        return org + slash

    @property
    def short(self) -> str:
        return self.standing.name.rpartition("/")[2] or self.standing.name


class Subjects:
    """Makes subjects, from what is worked out once a view."""

    def __init__(self, site: Site, known: frozenset[int]) -> None:
        self._site = site
        self._known = known
        self._groups: dict[int, dict[int, list[Standing]]] = {}
        self._by_checkpoint = {
            standing.checkpoint_id: standing for _, standing in site.subjects.values()
        }
        for at, view in enumerate(site.views):
            groups: dict[int, list[Standing]] = defaultdict(list)
            for standing in view.standings:
                if standing.behaviour_group is not None:
                    groups[standing.behaviour_group].append(standing)
            self._groups[at] = groups

    def inputs(self, at: int, standing: Standing) -> tuple[object, ...]:
        """What a subject is made from, beside its standing and what its view shares: cheaply."""
        view = self._site.views[at]
        rank = view.rank(standing)
        children = view.kinship.children.get(standing.repository_id, ())
        siblings = self._groups[at].get(standing.behaviour_group or -1, ())
        return (
            rank,
            len(view.finalists) if rank != "–" else 0,
            [
                (link.name, link.relation, self._address(view, link))
                for link in (*self._chain(view, standing), *children)
            ],
            len(children),
            view.kinship.duplicates.get(standing.checkpoint_id),
            [(s.name, self._site.page_of(s)) for s in siblings[: NAMED + 1]],
            standing.repository_id in self._known,
        )

    def make(self, at: int, standing: Standing) -> Subject:
        site = self._site
        view = site.views[at]
        reference = view.roots[0] if view.roots else None
        children = view.kinship.children.get(standing.repository_id, ())
        made = [link for link in children if link.relation != Relation.QUANTIZED]
        copies = [link for link in children if link.relation == Relation.QUANTIZED]
        siblings = self._groups[at].get(standing.behaviour_group or -1, [])
        base = self._by_checkpoint.get(standing.base_id or -1)
        return Subject(
            view=at,
            standing=standing,
            address=site.page_of(standing) or "",
            family_title=view.family.title,
            family_path=view.path,
            headline=sentences.headline(standing),
            sentence=sentences.verdict(view, standing),
            regressions=tuple(sentences.regressions(view, standing)),
            relation=relation(standing),
            rank=view.rank(standing),
            base=None if base is None else (base.name, base.sha),
            reference_address=None if reference is None else site.page_of(reference),
            lineage=self._lineage(view, standing),
            children=tuple(self._relative(view, link) for link in made[:NAMED]),
            child_count=len(made),
            quantized=tuple(self._relative(view, link) for link in copies[:NAMED]),
            duplicates=view.kinship.duplicates.get(standing.checkpoint_id, ())[:NAMED],
            siblings=tuple(
                Relative(s.name, None, site.page_of(s), None)
                for s in siblings[: NAMED + 1]
                if s.checkpoint_id != standing.checkpoint_id
            ),
            has_popularity=standing.repository_id in self._known,
        )

    def _chain(self, view: View, standing: Standing) -> list[Link]:
        """The surest parent of each, upwards; stops where a chain would bite its tail."""
        chain: list[Link] = []
        seen = {standing.repository_id}
        here: int | None = standing.repository_id
        while here is not None and len(chain) < DEEP:
            parents = view.kinship.parents.get(here, ())
            if not parents or parents[0].repository_id in seen:
                break
            chain.append(parents[0])
            here = parents[0].repository_id
            if here is not None:
                seen.add(here)
        return chain

    def _lineage(self, view: View, standing: Standing) -> tuple[Relative, ...]:
        """From the root down to the parent."""
        chain = [self._relative(view, link) for link in self._chain(view, standing)]
        # Each relation belongs to the child, so it moves one step down the chain.
        shifted = [*(link.relation for link in chain), None][1:]
        return tuple(
            Relative(link.name, said, link.address, link.url)
            for link, said in reversed(list(zip(chain, shifted, strict=True)))
        )

    def _relative(self, view: View, link: Link) -> Relative:
        hub = view.standings[0].hub if view.standings else ""
        url = hub_url(hub, link.name)
        return Relative(link.name, link.relation, self._address(view, link), url)

    def _address(self, view: View, link: Link) -> str | None:
        ranked = view.by_repository.get(link.repository_id or -1)
        return None if ranked is None else self._site.page_of(ranked)
