"""From raw text to the part of it that answers, and where that says what its answer is.

Raw text is kept elsewhere as it came. Everything here takes linear time, whatever the text.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

LONGEST = 100_000

THOUGHT = re.compile(r"<(/?)(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
RUN_ON = re.compile(
    r"\n[ \t]*(?:Question|Q|Human|User|#{2,3} ?Instruction) ?\d{0,4}:"
    r"|<\|(?:im_start|im_end|eot_id|end|user|endoftext|end_of_text|start_header_id|eom_id)\|>"
    r"|</s>|\[/?INST\]|<(?:start|end)_of_turn>"
)
MARKER = re.compile(
    r"\\boxed\s*\{"
    r"|\\fbox\s*\{"
    r"|^[ \t]*####(?!#)"
    r"|\b(?:answer|solution)\b(?:[ \t]+(?:choice|option|letter))?"
    r"(?:[ \t]+(?:to|for|of)\b[^\n.:=]{1,60}?)?[*_ \t]{0,8}"
    r"(?:\bis\b|\b(?:would|should|must|has to|will) be\b|[:=])"
    r"(?![*_ \t]{0,8}not\b)[:*_ \t]{0,8}",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """The visible part of an answer, and what was left out of it."""

    text: str
    note: str = ""


def read(raw: str) -> Reply:
    """Drop reasoning traces, then everything from the point where the next turn is made up.

    A closing tag without an opening one ends a trace that the prompt opened; a trace that never
    ends hides all that follows it.
    """
    cut = raw[-LONGEST:]
    notes = ["only the end was read"] if len(cut) < len(raw) else []
    kept, depth, last = [], 0, 0
    for tag in THOUGHT.finditer(cut):
        if depth == 0:
            kept.append(cut[last : tag.start()])
        if not tag[1]:
            depth = 1
        elif depth:
            depth = 0
        else:
            kept.clear()
        last = tag.end()
    if depth == 0:
        kept.append(cut[last:])
    else:
        notes.append("the reasoning never ended")
    text = "".join(kept).strip()
    for found in RUN_ON.finditer(text):
        if found.start() > 0:
            text = text[: found.start()].rstrip()
            notes.append("it ran on")
            break
    return Reply(text, "; ".join(notes))


def last_match(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The last place where a pattern is found."""
    return next(iter(deque(pattern.finditer(text), maxlen=1)), None)


def marked(text: str) -> str | None:
    """What follows the last answer marker (a boxed value, `####`, `answer: …`), if there is one."""
    last = last_match(MARKER, text)
    if last is None:
        return None
    if last[0].endswith("{"):
        return _braced(text, last.end())
    lines = text[last.end() :].lstrip().split("\n", 1)
    return lines[0].strip()


def _braced(text: str, start: int) -> str:
    """What stands between an opened brace and the one that closes it, or the line's end."""
    depth = 1
    for index in range(start, min(len(text), start + 2000)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return text[start:index].strip()
    return text[start:].split("\n", 1)[0].strip()


def undressed(text: str) -> str:
    """A text without LaTeX's \\text{…} and its like."""
    return re.sub(r"\\(?:text|mathrm|mathbf|textbf)\s?\{([^{}]*)\}", r"\1", text)


def bare(text: str) -> str:
    """A short text without the dress of Markdown, LaTeX, quotes and closing punctuation."""
    text = undressed(text)
    text = text.replace("\\(", "").replace("\\)", "").replace("\\[", "").replace("\\]", "")
    return text.strip().strip("*_`$\"'“”‘’ \t\n").rstrip(".!;,: \t").strip("*_`$\"'“”‘’ \t\n")
