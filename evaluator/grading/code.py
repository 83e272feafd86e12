"""Code: Python, run against hidden tests in a sandbox.

Two processes, each in a box of its own: the examinee holds the answer's code and gets calls, one at
a time; the examiner holds the tests. Only plain data passes between them, so an answer can neither
read its tests, nor patch them, nor return an object that equals everything. An answer passes when
the examiner, at the end of the tests, gives back a secret token; exit codes, output and time-outs
are no pass. See `sandbox` for what the boxes cover and what they do not.

Only Python's own library is there. Tests are plain statements on the entry point;
`raises(ValueError, f, x)` says whether a call raises.

>>> grade(Prompt(..., tests="assert double(2) == 4", entry_point="double"), "```python\\ndef …")
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess

from evaluator.grading import sandbox
from evaluator.grading.grade import Grade, judged, wrong
from evaluator.grading.inside import examinee, examiner
from evaluator.grading.inside.wire import framed, unpack
from evaluator.grading.reading import read
from evaluator.suites.prompt import Prompt

VERSION = 1
WALL_SECONDS = 15
LONGEST_CODE = 60_000

FENCE = re.compile(r"^[ \t]{0,3}(?:```|~~~)[ \t]*([\w+-]*)[^\n]*\n?", re.MULTILINE)
PYTHON_NAMES = {"", "python", "py", "python3", "py3"}
BEGINNING = re.compile(r"^(?:def |class |import |from |@|async def |[A-Za-z_]\w* ?=)", re.MULTILINE)


def grade(prompt: Prompt, text: str, *, boxed: bool = True) -> Grade:
    """Right if the code passes every test. Raises SandboxMissing where it may not be run."""
    reply = read(text)
    code = extract(reply.text, prompt.entry_point)
    if not code:
        return wrong(reply.note or "no code in the answer")
    fault = examine(code, prompt.entry_point, prompt.tests, boxed=boxed)
    return judged(not fault, code, fault or reply.note)


def extract(text: str, entry_point: str) -> str:
    """The code of an answer: its last fenced Python that defines the entry point, or bare code.

    An unclosed fence runs to the end.
    """
    blocks = fenced(text)
    if not blocks:
        start = BEGINNING.search(text)
        return text[start.start() :][:LONGEST_CODE] if start else ""
    defines = re.compile(
        rf"^[ \t]*(?:async )?(?:def|class) +{re.escape(entry_point)}\b"
        rf"|^{re.escape(entry_point)} *[:=]",
        re.MULTILINE,
    )
    defining = [block for block in blocks if defines.search(block)]
    return (defining or blocks)[-1][:LONGEST_CODE]


def fenced(text: str) -> list[str]:
    """The contents of every fenced block that may be Python."""
    blocks, start, name = [], -1, ""
    for fence in FENCE.finditer(text):
        if start < 0:
            start, name = fence.end(), fence[1].lower()
            continue
        if name in PYTHON_NAMES:
            blocks.append(text[start : fence.start()])
        start = -1
        if fence[1]:  # a block that was never closed, and the next one
            start, name = fence.end(), fence[1].lower()
    if start >= 0 and name in PYTHON_NAMES:
        blocks.append(text[start:])
    return blocks


def examine(code: str, entry_point: str, tests: str, *, boxed: bool = True) -> str:
    """Why code fails its tests; "" if it passes. Raises SandboxMissing."""
    token = secrets.token_hex(16)
    job = {"code": code, "entry_point": entry_point, "tests": tests, "token": token}
    calls_out, calls_in = os.pipe()
    replies_out, replies_in = os.pipe()
    started: list[subprocess.Popen[bytes]] = []
    try:
        started.append(sandbox.start(examinee, [], stdin=calls_out, stdout=replies_in, boxed=boxed))
        wire = (replies_out, calls_in)
        testing = sandbox.start(
            examiner,
            [str(end) for end in wire],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            keep=wire,
            boxed=boxed,
        )
        started.append(testing)
        for end in (calls_out, calls_in, replies_out, replies_in):
            os.close(end)
        calls_out = -1
        try:
            said, _ = testing.communicate(framed(job), timeout=WALL_SECONDS)
        except subprocess.TimeoutExpired:
            return f"it did not end in {WALL_SECONDS} s"
    finally:
        if calls_out >= 0:
            for end in (calls_out, calls_in, replies_out, replies_in):
                os.close(end)
        for process in started:
            sandbox.end(process)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
    return _verdict(said, token)


def _verdict(said: bytes, token: str) -> str:
    try:
        verdict = unpack(said.partition(b"\n")[2])
        if verdict.get("passed") == token:
            return ""
        fault = str(verdict["fault"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return "the tests did not run to their end"
    return " ".join("".join(c if c.isprintable() else " " for c in fault).split())[:300]
