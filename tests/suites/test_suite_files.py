"""A person's own suite file: what is read from it, and what is said of its faults."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.suites import SuiteError, load, problems_in, split
from evaluator.suites.checking import check
from evaluator.suites.reading import Problem, read_jsonl, read_yaml

OURS = """\
suite: ours
system: Answer briefly.
max_tokens: 64
few_shot:
  - prompt: What is 1 + 1?
    answer: "2"
prompts:
  - id: m-001
    category: math
    prompt: What is 17 + 25?
    grader: number
    gold: 42
  - id: l-001
    category: language
    prompt: Which is a fruit?
    grader: choice
    choices: [chair, pear]
    gold: pear
    max_tokens: 8
  - {id: e-1, category: language, prompt: Say no., grader: exact, gold: no}
  - id: c-001
    category: code
    prompt: Write f that doubles.
    grader: code
    entry_point: f
    tests: |
      assert f(2) == 4
"""


def write_suite(folder: Path, text: str, name: str = "ours.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_yaml_suite_is_read_as_it_was_written(tmp_path: Path) -> None:
    suite = load(write_suite(tmp_path, OURS))
    assert (suite.name, len(suite.prompts)) == ("ours", 4)
    assert suite.categories == ("math", "language", "code")
    first, second, third, _ = suite.prompts
    assert (first.gold, first.system, first.max_tokens) == ("42", "Answer briefly.", 64)
    assert first.few_shot[0].answer == "2"
    assert (second.gold, second.max_tokens) == ("B", 8)
    assert second.question == "Which is a fruit?\nA. chair\nB. pear"
    assert third.gold == "no"


def test_jsonl_with_or_without_a_head_says_the_same_as_yaml(tmp_path: Path) -> None:
    rows = [
        {"suite": "lines", "max_tokens": 32},
        {"id": "a", "category": "math", "prompt": "1+1?", "grader": "number", "gold": 2},
        {"id": "b", "category": "math", "prompt": "1.50?", "grader": "exact", "gold": 1.5},
    ]
    text = "\n".join(json.dumps(row) for row in rows)
    suite = load(write_suite(tmp_path, text, "x.jsonl"))
    assert (suite.name, suite.prompts[0].gold, suite.prompts[0].max_tokens) == ("lines", "2", 32)
    bare = load(write_suite(tmp_path, "\n".join(text.split("\n")[1:]), "y.jsonl"))
    assert (bare.name, bare.prompts[1].gold) == ("y", "1.5")


def test_the_version_follows_the_content_and_the_hash_ignores_the_id(tmp_path: Path) -> None:
    suite = load(write_suite(tmp_path, OURS))
    moved = load(write_suite(tmp_path, OURS.replace("m-001", "m-002"), "b.yaml"))
    changed = load(write_suite(tmp_path, OURS.replace("17 + 25", "18 + 24"), "c.yaml"))
    assert suite.prompts[0].hash == moved.prompts[0].hash != changed.prompts[0].hash
    assert len({suite.version, moved.version, changed.version}) == 3
    assert suite.version == load(tmp_path / "ours.yaml").version


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("    gold: 42\n", "", 8, "'m-001' has no gold answer; add `gold:`"),
        ("gold: 42", "gold: forty", 12, "not one number"),
        ("grader: number", "grader: numbre", 11, "take one of number, math"),
        ("id: l-001", "id: m-001", 13, "is taken by line 8"),
        ("choices: [chair, pear]", "choices: [pear]", 17, "2 to 26 choices"),
        ("choices: [chair, pear]", "choices: [Pear, pear]", 17, "a choice twice"),
        ("gold: pear", "gold: plum", 18, "none of the choices; write A to B"),
        ("max_tokens: 8", "max_tokens: eight", 19, "whole number"),
        ("entry_point: f", "entry_point: f()", 25, "a Python name"),
        ("assert f(2) == 4", "assert f(2", 26, "not Python"),
        ("system: Answer briefly.", "sytem: Answer briefly.", 2, "no field 'sytem'"),
        ("category: math", "category: [math]", 9, "must be text"),
        ("    gold: 42\n", "    gold: 42\n    gold: 43\n", 13, "given twice"),
        ('answer: "2"', 'reply: "2"', 5, "pairs of prompt and answer"),
        ("suite: ours", "suite: [ours", 2, "not YAML"),
        (
            "  - {id: e-1, category: language, prompt: Say no., grader: exact, gold: no}",
            "  - e-1",
            20,
            "a mapping",
        ),
        ("prompt: Say no.", "prompt: Say no., difficulty: 9", 20, "1 to 5"),
        ("Which is a fruit?", "Which is\0a fruit?", 15, "there is a control character"),
    ],
)
def test_a_fault_is_told_with_its_line_and_its_mend(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    assert old in OURS
    path = write_suite(tmp_path, OURS.replace(old, new, 1))
    with pytest.raises(SuiteError, match=f"line {line}: ") as caught:
        load(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_fault_of_a_file_is_listed(tmp_path: Path) -> None:
    text = OURS.replace("gold: 42", "gold: forty").replace("gold: pear", "gold: plum")
    assert [problem.line for problem in problems_in(write_suite(tmp_path, text))] == [12, 18]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.yaml", b"\xff\xfe\x00"),
        ("a.yaml", b"!!python/object/apply:os.system ['true']"),
        (
            "a.yaml",
            b"a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n",
        ),
        ("a.yaml", b"prompts: " + b"[" * 3000),
        ("a.yaml", b""),
        ("a.jsonl", b""),
        ("a.jsonl", b'{"id": '),
        ("a.jsonl", b"[1]\n"),
        (
            "a.jsonl",
            b'{"id": "\\ud800", "category": "c", "prompt": "p", "grader": "exact", "gold": "g"}',
        ),
        ("a.toml", b""),
    ],
)
def test_what_is_no_suite_is_refused_in_one_line(tmp_path: Path, name: str, raw: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(SuiteError) as caught:
        load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "half",
    [
        {"id": "\ud800"},
        {"\ud800": "x"},
        {"choices": ["pear", "\ud800"]},
        {"few_shot": [{"prompt": "p", "answer": "\ud800"}]},
    ],
)
def test_half_a_character_is_told_wherever_it_stands(
    tmp_path: Path, half: dict[str, object]
) -> None:
    row = {"id": "a", "category": "c", "prompt": "p", "grader": "exact", "gold": "g", **half}
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"suite": "a"}}\n{json.dumps(row)}\n')
    [problem] = problems_in(path)
    assert problem == Problem(2, "half a character is in it; write it whole")


@pytest.mark.parametrize("stem", ["b\udcffd", "es\x1b[31mc", "\u202elmay"])
def test_a_file_whose_name_cannot_be_shown_is_no_suite(tmp_path: Path, stem: str) -> None:
    path = write_suite(tmp_path, OURS).rename(tmp_path / f"{stem}.yaml")
    with pytest.raises(SuiteError, match="rename it") as caught:
        load(path)
    assert str(caught.value).isprintable()


def test_aliases_cannot_stretch_a_file_without_end() -> None:
    rows = ["a0: &a0 [x]"]
    rows += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 8)]
    _, problems = check(read_yaml("\n".join([*rows, "prompts: []"])))
    assert any("aliases" in problem.message for problem in problems)


def test_a_missing_suite_names_those_there_are() -> None:
    with pytest.raises(SuiteError, match="no suite 'no-such-suite'"):
        load("no-such-suite")


def test_the_part_held_back_does_not_move_when_prompts_are_added(tmp_path: Path) -> None:
    def suite_of(count: int) -> str:
        rows = (
            {"id": f"p{i}", "category": "c", "prompt": f"{i}?", "grader": "number", "gold": i}
            for i in range(count)
        )
        return "\n".join(json.dumps(row) for row in rows)

    small = split(load(write_suite(tmp_path, suite_of(100), "s.jsonl")))
    large = split(load(write_suite(tmp_path, suite_of(300), "l.jsonl")))
    assert 25 <= len(small[1]) <= 55
    for before, after in zip(small, large, strict=True):
        assert set(before) <= set(after)
    assert not set(large[0]) & set(large[1])


def test_a_named_suite_confirms_with_what_was_not_asked(tmp_path: Path) -> None:
    write_suite(tmp_path, OURS.replace("17 + 25", "10 + 32"), "other.yaml")
    suite = load(
        write_suite(tmp_path, OURS.replace("suite: ours", "suite: ours\nconfirm: other.yaml"))
    )
    selection, confirmation = split(suite)
    assert selection == suite.prompts
    assert [prompt.prompt for prompt in confirmation] == ["What is 10 + 32?"]
    with pytest.raises(SuiteError, match="name another to confirm"):
        split(suite, tmp_path / "ours.yaml")


@given(st.text(max_size=200))
def test_no_text_breaks_the_readers(text: str) -> None:
    for read in (read_yaml, read_jsonl):
        prompts, problems = check(read(text))
        assert prompts or problems
