"""What two scans that know nothing of each other keep of the same checkpoint."""

from __future__ import annotations

from catalog import scans
from catalog.answers import NewAnswer, Terms
from catalog.candidates import candidates, family_named
from catalog.database import Catalog
from catalog.scans import Charge
from evaluator.plan import read_paper
from evaluator.record import Landed, Record, key_of
from evaluator.suites import Prompt
from tests.evaluator.conftest import Served
from tests.evaluator.enrolled import FAMILY
from tests.evaluator.scanning import answer_count

TERMS = Terms("decoding", "engine", "dtype")


def said(prompt: Prompt, text: str) -> NewAnswer:
    return NewAnswer(key_of(prompt), "rendered", text, "stop", "own", 1, 1)


def test_an_answer_that_another_scan_stored_meanwhile_stays(past: Catalog, served: Served) -> None:
    prompts = read_paper(str(served.suite), None).selection[:4]
    with past.write() as session:
        candidate = candidates(session, family_named(session, FAMILY).id)[0]
        visits = [scans.open_visit(session, 1, candidate.checkpoint_id, None) for _ in range(2)]
    before = answer_count(past)
    first, second = (Record(past, TERMS, prompts) for _ in range(2))
    for record in (first, second):
        assert record.missing(candidate, prompts) == list(prompts)
    right = [said(prompt, prompt.gold) for prompt in prompts]
    wrong = [said(prompt, "no idea") for prompt in prompts]
    first.keep([Landed(candidate, visits[0], Charge(queries=2), right[:2])])
    second.keep([Landed(candidate, visits[1], Charge(queries=3), wrong[1:])])
    assert answer_count(past) == before + 4
    assert second.scores(candidate, prompts).tolist() == [1, 1, 0, 0]
    assert second.missing(candidate, prompts) == []
    again = Record(past, TERMS, prompts)
    assert again.scores(candidate, prompts).tolist() == [1, 1, 0, 0]
