"""Roots: what each family starts from, as the hub has it now, and how it is made.

A gated root without a key may be represented by a mirror that a preset names, accepted only if
its weight digests equal those that the root's public metadata states.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from catalog import families, lineage, repositories
from catalog.database import Catalog
from catalog.lineage import DIGESTS
from catalog.words import Relation
from crawler.errors import RootUnavailable
from crawler.evidence import claim
from crawler.layout import Layout, from_stored, without_buffers
from crawler.looking import model_weights, weights_digest
from crawler.presets import Preset
from crawler.rows import Row, read_one
from crawler.screening import Standard
from crawler.shape import EXPAND, OddRow
from hubs.errors import Disabled, Gated, HubError, NotFound
from hubs.protocol import Hub, tensors

VOCABULARY_SLACK = 1.02
SIZE_SLACK = 0.01


@dataclass(frozen=True, slots=True)
class Household:
    """A family ready to be crawled. names: its roots as they are called now.

    parameters: of a root, as listed. children: direct ones of all roots, if the hub told.
    """

    family_id: int
    preset: Preset
    names: tuple[str, ...]
    architecture: str | None
    parameters: int | None
    children: int | None = None

    @property
    def span(self) -> tuple[int, int]:
        """Parameter counts of what is taken for a child although it declares nothing."""
        total = self.parameters or 0
        return total - int(total * SIZE_SLACK), total + int(total * SIZE_SLACK)

    @property
    def slug(self) -> str:
        return self.preset.slug


def meet(hub: Hub, hub_name: str, catalog: Catalog, preset: Preset, now: datetime) -> Household:
    """Ask the hub for a family's roots and note them. Raises RootUnavailable, HubError."""
    told = [_root(hub, name) for name in preset.roots]
    rows = [row for row, _ in told]
    counts = [count for _, count in told if count is not None]
    children = sum(counts) if len(counts) == len(told) else None
    with catalog.write() as session:
        family_id = families.ensure(session, preset.slug, preset.title).id
        stored = repositories.store(session, hub_name, [row.listing for row in rows], now)
        ids = [stored.ids[row.listing.hub_id] for row in rows]
        families.set_roots(session, family_id, ids)
        claims = {stored.ids[row.listing.hub_id]: row.evidence for row in rows}
        lineage.state(session, hub_name, claims, lineage.LISTED)
        lineage.adopt(session, stored.renamed, stored.fresh)
        lineage.settle(session, ids)
    return _household(family_id, preset, rows, children)


def refresh(
    hub: Hub, hub_name: str, catalog: Catalog, household: Household, now: datetime
) -> list[str]:
    """Note the roots as listed now: no listing of children has them. Returns why if it cannot be.

    Raises HubError if the hub gives no answer.
    """
    try:
        meet(hub, hub_name, catalog, household.preset, now)
    except RootUnavailable as error:
        return [str(error)]
    return []


def known(catalog: Catalog, preset: Preset) -> Household | None:
    """The family as an earlier crawl left it; None if its roots were not met or are others now."""
    with catalog.read() as session:
        for family in families.found(session):
            if family.slug == preset.slug and family.layouts:
                names = families.root_names(session, family.id)
                if len(names) == len(preset.roots) and set(names) == set(preset.roots):
                    return Household(
                        family.id, preset, preset.roots, family.architecture, family.parameters
                    )
    return None


def layouts(
    hub: Hub, hub_name: str, catalog: Catalog, household: Household, now: datetime
) -> tuple[list[Layout], list[str]]:
    """The tensors of each root, from its headers or its mirror's; kept for as long as it stays.

    A root that cannot be read now is taken to be made as it was. Also returns which those are, and
    why. Raises RootUnavailable if not one could ever be read.
    """
    found: list[Layout] = []
    refusals: list[str] = []
    for name in household.names:
        with catalog.read() as session:
            kept = families.layout(session, household.family_id, name)
            root = repositories.named(session, name, hub_name)
        sha = root.sha if root is not None else None
        if kept is not None and kept["sha"] == sha:
            found.append(from_stored(name, kept))
            continue
        try:
            if sha is None:
                raise RootUnavailable(f"the hub tells no commit of the root {name}")
            fresh = _read_layout(hub, hub_name, catalog, household, name, sha, now)
        except (HubError, RootUnavailable) as error:
            refusals.append(str(error))
            if kept is not None:
                found.append(from_stored(name, kept))
            continue
        with catalog.write() as session:
            architecture = household.architecture
            stored = fresh.stored()
            families.keep_layout(session, household.family_id, name, stored, architecture)
        found.append(fresh)
    if not found:
        raise RootUnavailable(
            f"no root of {household.slug} can be read, so nothing can be vetted:"
            f" {'; '.join(refusals)[:800]}"
        )
    return found, refusals


def standard(household: Household, made: list[Layout]) -> Standard:
    """What a listing may say of a checkpoint of this family."""
    slack = int(max(layout.embedding for layout in made) * VOCABULARY_SLACK)
    counts = [layout.parameters for layout in made]
    return Standard(household.architecture, min(counts) - slack, max(counts) + slack)


def _root(hub: Hub, name: str) -> tuple[Row, int | None]:
    """A root's row, and how many direct children the hub counts, if it does."""
    try:
        info = hub.info(name, expand=[*EXPAND, "childrenModelCount"])
        counts = info.get("childrenModelCount")
        if not isinstance(counts, dict):
            return read_one(info), None
        return read_one(info), sum(count for count in counts.values() if type(count) is int)
    except NotFound as error:
        raise RootUnavailable(f"the root {name} is not on this hub: {error}") from error
    except OddRow as error:
        raise RootUnavailable(f"the root {name} cannot be read: {error.reason}") from error


def _household(family_id: int, preset: Preset, rows: list[Row], children: int | None) -> Household:
    names = tuple(row.listing.name for row in rows)
    architecture = next((r.listing.architecture for r in rows if r.listing.architecture), None)
    parameters = next((r.listing.parameters for r in rows if r.listing.parameters), None)
    return Household(family_id, preset, names, architecture, parameters, children)


def _read_layout(
    hub: Hub,
    hub_name: str,
    catalog: Catalog,
    household: Household,
    name: str,
    sha: str,
    now: datetime,
) -> Layout:
    try:
        found = tensors(hub.headers(name, sha))
    except Gated:
        mirror = _mirror(hub, hub_name, catalog, household, name, sha, now)
        found = tensors(hub.headers(*mirror))
    shapes = {tensor: described.shape for tensor, described in found.items()}
    return Layout(name, sha, without_buffers(shapes))


def _mirror(
    hub: Hub,
    hub_name: str,
    catalog: Catalog,
    household: Household,
    name: str,
    sha: str,
    now: datetime,
) -> tuple[str, str]:
    """The first mirror, and its commit, whose weights are the root's; noted as its child.

    Raises RootUnavailable, saying of each mirror why it is none.
    """
    original = weights_digest(model_weights(hub.files(name, sha)))
    position = household.names.index(name)
    refusals = []
    for candidate in household.preset.mirrors.get(household.preset.roots[position], ()):
        try:
            row = read_one(hub.info(candidate, expand=EXPAND))
            commit = row.listing.sha
            if commit is None or row.listing.gated:
                refusals.append(f"{candidate} is gated itself")
                continue
            digest = weights_digest(model_weights(hub.files(row.listing.name, commit)))
        except (NotFound, Gated, Disabled):
            refusals.append(f"{candidate} is not on the hub")
            continue
        except OddRow as error:
            refusals.append(f"{candidate} cannot be read: {error.reason}")
            continue
        if digest is not None and digest == original:
            _note_mirror(hub_name, catalog, name, row, now)
            return row.listing.name, commit
        refusals.append(f"{candidate} has other weights")
    raise RootUnavailable(
        f"the root {name} is gated, and no mirror stands for it"
        f" ({'; '.join(refusals) or 'none is named'}): accept its terms on the hub and set HF_TOKEN"
    )


def _note_mirror(hub_name: str, catalog: Catalog, root: str, row: Row, now: datetime) -> None:
    with catalog.write() as session:
        stored = repositories.store(session, hub_name, [row.listing], now)
        mirror = stored.ids[row.listing.hub_id]
        same = claim(root, Relation.FINETUNE.value, DIGESTS)
        lineage.state(session, hub_name, {mirror: row.evidence}, lineage.LISTED)
        lineage.state(session, hub_name, {mirror: [same]}, [DIGESTS])
        lineage.settle(session, [mirror])
