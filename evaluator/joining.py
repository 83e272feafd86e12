"""A scan that goes on from those before it: who came since joins at the end."""

from __future__ import annotations

from dataclasses import replace

from catalog import archive, nights
from catalog.answers import Terms
from catalog.database import Session
from catalog.scans import Parameters
from evaluator.decoding import DECODING, decoding_hash
from evaluator.plan import Plan
from evaluator.search.policies import make
from evaluator.search.protocol import Arrivals
from evaluator.settings import Settings


def parameters_of(
    plan: Plan, settings: Settings, engine: str, dtype: str, policy: str, budget: float
) -> Parameters:
    """What makes two scans the same work."""
    return Parameters(
        family_id=plan.family_id,
        suite_id=plan.suite_id,
        confirm_id=plan.confirm_id,
        plan_id=plan.plan_id,
        policy=policy,
        budget=budget,
        top_k=settings.top_k,
        seed=settings.seed,
        engine=engine,
        dtype=dtype,
        decoding=DECODING,
    )


def joined(session: Session, plan: Plan, settings: Settings, parameters: Parameters) -> Plan:
    """The plan behind those of the scans with these parameters, if their policy can be joined.

    Their arms stay in front, in their order, so that the policy goes the same way again; who is no
    candidate any more is `gone`.
    """
    alone = plan.problem(parameters.budget, settings, parameters.policy)
    if not isinstance(make(parameters.policy, alone), Arrivals):
        return plan
    past = nights.chain(session, parameters)
    if past.scan_id is None:
        return plan
    terms = Terms(decoding_hash(), parameters.engine, parameters.dtype)
    here = {arm.checkpoint_id: arm for arm in plan.arms}
    gone = frozenset(past.arms) - set(here)
    if gone:
        then = archive.finished_scan(session, past.scan_id)
        asked = archive.checkpoints_asked(session, then, terms)
        here |= {checkpoint: asked[checkpoint] for checkpoint in gone}
    fresh = [arm for arm in plan.arms if arm.checkpoint_id not in set(past.arms)]
    return replace(
        plan,
        arms=(*(here[arm] for arm in past.arms), *fresh),
        waves=(*past.waves, len(fresh)) if fresh else past.waves,
        opening=past.opening,
        gone=gone,
    )
