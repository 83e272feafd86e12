"""The demo's tasks: disjoint, balanced, and with answers that are right."""

from collections import Counter

import pytest

from gems.demo.corpus import CATEGORIES, CONFIRM_SIZE, SUITE_SIZE, make_corpus


@pytest.fixture(scope="module")
def corpus():
    return make_corpus(0)


def test_no_prompt_is_used_twice(corpus):
    questions = [item.question for item in (*corpus.train, *corpus.suite, *corpus.confirm)]
    assert len(questions) == len(set(questions))


def test_suites_hold_as_many_prompts_of_each_category(corpus):
    for items, size in ((corpus.suite, SUITE_SIZE), (corpus.confirm, CONFIRM_SIZE)):
        assert Counter(item.category for item in items) == dict.fromkeys(CATEGORIES, size)


def test_the_seed_decides_the_split(corpus):
    assert make_corpus(0) == corpus
    assert set(make_corpus(1).suite) != set(corpus.suite)


def test_a_choice_names_the_letter_of_the_right_choice(corpus):
    parities = [item for item in corpus.train if item.choices]
    assert parities
    for item in parities:
        number = int(item.prompt.split()[0])
        assert item.choices["AB".index(item.gold)] == ("odd" if number % 2 else "even")
        assert item.question.endswith(f"\nA. {item.choices[0]}\nB. {item.choices[1]}")


def test_sums_and_differences_are_right(corpus):
    for item in corpus.pool("math"):
        sign = 1 if item.kind == "sum" else -1
        first, second = item.prompt.rstrip("=").split("+" if sign == 1 else "-")
        assert int(item.gold) == int(first) + sign * int(second)
