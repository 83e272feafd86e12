"""The base that an adapter is asked on: the one its configuration names, in full precision.

A configuration that names a local path decides nothing; then what was declared does. A quantized
copy leads on to what it was made from, a duplicate to the checkpoint that stands for it. A base
that was not vetted yet is waited for.
"""

from __future__ import annotations

from dataclasses import dataclass

from catalog import checkpoints, families, lineage, repositories
from catalog.database import Session
from catalog.words import Reason, Relation, Status
from crawler.bench import Bench, Waiting
from crawler.layout import Misfit
from crawler.looking import Look
from crawler.rows import read_one
from crawler.shape import EXPAND, OddRow
from hubs.errors import Disabled, Gated, HubError, NotFound

MAX_STEPS = 20  # from a quantized copy of a quantized copy ... to what it was made from


@dataclass(frozen=True, slots=True)
class Base:
    """The candidate that an adapter is asked on."""

    checkpoint_id: int
    name: str


def find_base(bench: Bench, seen: Look) -> Base | Misfit | Waiting:
    """The base of an adapter, asking the hub about a name that the catalog does not know."""
    assert seen.adapter is not None, "only adapters have a base"
    names = [claim.parent for claim in seen.evidence]
    if not names:
        with bench.catalog.read() as session:
            said = lineage.chosen(session, seen.listed.repository_id)
        names = [claim.parent for claim in said]
    if len(set(names)) != 1:
        named = f"it names {seen.adapter.base[:120]!r}" if seen.adapter.base else "it names none"
        return Misfit(Reason.BASE_UNKNOWN, named)
    return _follow(bench, names[0])


def _follow(bench: Bench, name: str) -> Base | Misfit | Waiting:
    """From the name to a candidate of this family."""
    here = name
    for _ in range(MAX_STEPS):
        with bench.catalog.read() as session:
            repository = repositories.named(session, here, bench.hub_name)
            if repository is not None:
                step = _step(session, bench.family_id, repository.id, here)
        if repository is None:
            if here not in bench.asked:
                bench.asked[here] = _ask(bench, here)
            step = bench.asked[here]
        if not isinstance(step, str):
            return step
        here = step
    return Misfit(Reason.BASE_UNKNOWN, f"{name} is a copy of a copy without end")


def _step(
    session: Session, family_id: int, repository_id: int, name: str
) -> Base | Misfit | Waiting | str:
    """The base itself, why there is none yet or at all, or the next name to look at."""
    checkpoint = checkpoints.represented(session, repository_id)
    if checkpoint is not None and checkpoint.status == Status.CANDIDATE:
        if checkpoint.base_id is not None:
            return Misfit(Reason.BAD_ADAPTER, f"its base {name} is an adapter itself")
        if not families.are_members(session, family_id, [checkpoint.name]):
            return Misfit(Reason.BASE_UNKNOWN, f"its base {name} is not in this family")
        return Base(checkpoint.id, checkpoint.name)
    up = lineage.chosen(session, repository_id)
    copied = [claim.parent for claim in up if claim.relation == Relation.QUANTIZED]
    if copied:
        return copied[0]
    if checkpoint is None or checkpoint.status == Status.UNVETTED:
        if checkpoint and families.are_members(session, family_id, [checkpoint.name]):
            return Waiting(name, repository_id)
        return Misfit(Reason.BASE_UNKNOWN, f"its base {name} is not in this family")
    return Misfit(Reason.BASE_EXCLUDED, f"its base {name} is excluded: {checkpoint.reason}")


def _ask(bench: Bench, name: str) -> Misfit | Waiting | str:
    """What the hub says of a name: another name that it has now, or what it is a copy of."""
    try:
        row = read_one(bench.hub.info(name, expand=EXPAND))
    except (NotFound, Gated, Disabled):
        return Misfit(Reason.BASE_UNKNOWN, f"its base {name} is not on the hub, or private")
    except OddRow as error:
        return Misfit(Reason.BASE_UNKNOWN, f"its base {name} is odd: {error.reason}")
    except HubError:
        return Waiting(name)
    present = row.listing.name
    if present != name:
        with bench.catalog.write() as session:
            known = repositories.named(session, present, bench.hub_name)
            if known is not None:
                repositories.also_called(session, known.id, name, bench.now)
                lineage.adopt(session, {name: known.id})
        return present
    copied = [claim.parent for claim in row.evidence if claim.relation == Relation.QUANTIZED]
    return copied[0] if copied else Misfit(Reason.BASE_UNKNOWN, f"{name} is not in this family")
