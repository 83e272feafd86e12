"""The process that touches a stranger's template and tokenizer: a job on stdin, a reply on stdout.

Job: `folders` (the checkpoint's, then its ancestors', nearest first), `items` (question, system,
few_shot) and `seconds`. Reply: `template`, `stop_ids` and `items`, or `failure` and `said`. It has
no secrets in its environment, may write no file, and dies at its limits of time and memory.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

from evaluator.rendering.chat import Broken, Chat
from evaluator.rendering.tokens import Tokens, Unusable, template_of

MEMORY = 4 * 2**30


def main() -> None:
    """Do the job."""
    job = json.load(sys.stdin)
    seconds = job["seconds"]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(500)
    try:
        reply = render([Path(folder) for folder in job["folders"]], job["items"])
    except (Broken, Unusable) as failure:
        reply = {"failure": failure.kind, "said": one_line(str(failure))}
    except MemoryError:
        reply = {"failure": "template_memory", "said": "it wants too much memory"}
    json.dump(reply, sys.stdout)


def one_line(said: str) -> str:
    """What a stranger's code said, fit for a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in said[:2000]).split())[:200]


def render(folders: list[Path], items: list[dict[str, Any]]) -> dict[str, Any]:
    """Every item's text and token ids. Raises Broken or Unusable."""
    tokens = Tokens(folders)
    sources = ((template_of(folder), index) for index, folder in enumerate(folders))
    source, index = next(((s, i) for s, i in sources if s is not None), (None, 0))
    say = Chat(source, tokens.special).say if source is not None else plainly
    rows = []
    for item in items:
        text, system = say(item)
        opening = "<think>" if text.rstrip().endswith("<think>") else ""
        ids = tokens.encode(text, chat=source is not None)
        rows.append({"text": text, "ids": ids, "system": system, "opening": opening})
    used = "plain" if source is None else "ancestor" if index else "own"
    return {"template": used, "stop_ids": tokens.stop_ids, "items": rows}


def plainly(item: dict[str, Any]) -> tuple[str, str]:
    """Without a template: a bare question as it stands, any other as questions and answers."""
    question, system, shots = item["question"], item["system"], item["few_shot"]
    if not system and not shots:
        return question, ""
    parts = [system] if system else []
    parts += [f"Question: {asked}\nAnswer: {answer}" for asked, answer in shots]
    parts.append(f"Question: {question}\nAnswer:")
    return "\n\n".join(parts), "text" if system else ""
