"""Verdicts in a sentence, with their numbers."""

from __future__ import annotations

from catalog.reports.standings import Mark, Standing
from catalog.words import Relation, Verdict
from leaderboard.numbers import count, p_value, percent, plural, points
from leaderboard.views import View

HEADLINES = {
    Verdict.GEM: "A hidden gem",
    Verdict.CONTENDER: "A contender",
    Verdict.GRADUATED: "A graduated gem",
    Verdict.RANKED: "Ranked",
    Verdict.ELIMINATED: "Out before the end",
}


def relation(standing: Standing) -> str:
    """How it came from its parent, as the hub or its files say; "root", or "unknown"."""
    if standing.root:
        return "root"
    known = {word.value for word in Relation}
    said = standing.relation or ""
    return said if said in known else "unknown"


def headline(standing: Standing) -> str:
    if standing.root:
        return "An official release"
    return HEADLINES.get(Verdict(standing.overall.verdict), "Ranked")


def verdict(view: View, standing: Standing) -> str:
    """What the scan says of a checkpoint, and on what evidence."""
    mark = standing.overall
    said = f"{_scored(mark)}{_interval(mark)}"
    if mark.verdict == Verdict.ELIMINATED:
        rung = "" if mark.rung is None else f" at rung {mark.rung + 1}"
        return (
            f"{said} and was out{rung}, n = {count(mark.n)}: clearly behind the best so far on the"
            " same prompts. It was asked fewer prompts than the finalists, so it has no rank"
            " among them."
        )
    sentences = [f"{said}{_source(mark)}."]
    if mark.delta is not None and not standing.popular:
        sentences.append(_against_popular(view, standing, mark))
    if mark.verdict == Verdict.CONTENDER:
        sentences.append("That is ahead, but not proven.")
    if mark.verdict == Verdict.GRADUATED:
        sentences.append("It was a gem, and has become popular since.")
    if standing.popular and not standing.root:
        sentences.append("It is one of the family's most downloaded.")
    sentences.append(_place(view, standing))
    return " ".join(sentence for sentence in sentences if sentence)


def regressions(view: View, standing: Standing) -> list[tuple[str, float]]:
    """(category, change) where it scores below the best root by more than both intervals allow."""
    if standing.root or not view.roots:
        return []
    found = []
    for category, mark in standing.categories.items():
        base = view.roots[0].categories.get(category)
        if base is None or mark.score is None or base.score is None:
            continue
        apart = mark.high is None or base.low is None or mark.high < base.score
        if mark.score < base.score and apart:
            found.append((category, mark.score - base.score))
    return found


def _scored(mark: Mark) -> str:
    if mark.score is None:
        return "It has no score"
    return f"It answered {percent(mark.score)}% of {plural(mark.n, 'prompt')} right"


def _interval(mark: Mark) -> str:
    if mark.low is None or mark.high is None:
        return ""
    return f" (95% interval {percent(mark.low)} to {percent(mark.high)})"


def _source(mark: Mark) -> str:
    if mark.optimistic:
        return ", among them those that selected it, so the score is optimistic"
    return ", none of which played a part in selecting it"


def _against_popular(view: View, standing: Standing, mark: Mark) -> str:
    if mark.delta is None:
        return ""
    evidence = "" if mark.p is None else f", {p_value(mark.p)}"
    downloads = (
        "" if standing.downloads is None else f" With {plural(standing.downloads, 'download')},"
    )
    size = f"{points(mark.delta).lstrip('+−±')} {'point' if mark.delta == 0.01 else 'points'}"
    if mark.delta > 0:
        start = f"{downloads} it is" if downloads else " It is"
        those = " that was evaluated" if view.blocked else ""
        return (
            f"{start.strip()} at least {size} ahead of every popular checkpoint{those}"
            f" (paired{evidence})."
        )
    if mark.delta < 0:
        return f"The best popular checkpoint is {size} ahead of it (paired)."
    return "It is level with the best popular checkpoint (paired)."


def _place(view: View, standing: Standing) -> str:
    rank = view.rank(standing)
    if rank == "–":
        return ""
    total = plural(len(view.finalists), "finalist")
    if "–" in rank:
        return f"Its rank is somewhere in {rank} of {total}: no test can tell these apart."
    return f"Its rank is {rank} of {total}."
