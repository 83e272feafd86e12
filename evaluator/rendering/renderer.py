"""From prompts to token ids, for one checkpoint."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import evaluator
from evaluator.helpers import struck
from evaluator.rendering.errors import RendererKilled, TemplateFailure, TokenizerFailure
from evaluator.rendering.rendered import Rendered
from evaluator.suites.prompt import Prompt

FILES = {
    "tokenizer.json": 128 * 2**20,
    "tokenizer.model": 64 * 2**20,
    "vocab.json": 64 * 2**20,
    "merges.txt": 64 * 2**20,
    "tokenizer_config.json": 4 * 2**20,
    "special_tokens_map.json": 2**20,
    "added_tokens.json": 4 * 2**20,
    "chat_template.jinja": 2**18,
    "chat_template.json": 2**18,
    "config.json": 2**20,
}
"""Every file that a rendering depends on, with the largest size it may have."""

SECONDS = 30
STARVED = 10
"""How much longer it may take by the clock: ahead of its time, it has what others leave."""
MOST_REMEMBERED = 4
ROOM = str(Path(evaluator.__file__).resolve().parents[1])
CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from evaluator.rendering.child import main
main()
"""

_remembered: OrderedDict[str, list[Rendered]] = OrderedDict()


class Renderer:
    """Renders prompts as one checkpoint is to be asked them.

    folder: the downloaded checkpoint. ancestors: folders of its ancestors, nearest first, for the
        chat template (and, for an adapter, the tokenizer) that it does not bring itself.
    seconds: of processor time, after which a template is given up.
    """

    def __init__(
        self, folder: Path, ancestors: Sequence[Path] = (), *, seconds: int = SECONDS
    ) -> None:
        self.folders = (folder, *ancestors)
        self.seconds = seconds

    def render(self, prompt: Prompt) -> Rendered:
        """One prompt, as `render_all` would. Raises RenderingError."""
        return self.render_all([prompt])[0]

    def render_all(self, prompts: Sequence[Prompt]) -> list[Rendered]:
        """All prompts in their order, in one process of its own, which is killed at its limits.

        Checkpoints that share every file that matters, as most of a family do, share the work.
        A process that somebody else killed is followed by a second one. Raises TemplateFailure,
        TokenizerFailure or RendererKilled, named and in one line.
        """
        items = [
            {
                "question": prompt.question,
                "system": prompt.system,
                "few_shot": [[shot.prompt, shot.answer] for shot in prompt.few_shot],
            }
            for prompt in prompts
        ]
        key = hashlib.sha256(json.dumps([items, self._digests()]).encode()).hexdigest()
        if key not in _remembered:
            _remembered[key] = _read(self._child(items))
            while len(_remembered) > MOST_REMEMBERED:
                _remembered.popitem(last=False)
        _remembered.move_to_end(key)
        return list(_remembered[key])

    def _digests(self) -> list[dict[str, str]]:
        return [
            {name: _digest(folder / name, most) for name, most in FILES.items()}
            for folder in self.folders
        ]

    def _child(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        folders = [str(folder.resolve()) for folder in self.folders]
        job = {"folders": folders, "items": items, "seconds": self.seconds}
        done = self._run(job)
        if struck(done.returncode):
            done = self._run(job)
        if struck(done.returncode):
            raise RendererKilled(
                "rendering_killed",
                f"the process that renders was killed twice (signal {-done.returncode}): see"
                " whether memory is short here, and scan again",
            )
        if done.returncode == -signal.SIGXCPU:
            raise self._timed_out()
        try:
            reply = json.loads(done.stdout)
        except ValueError as error:
            said = done.stderr.decode(errors="replace").strip().rsplit("\n", 1)[-1][:200]
            raise TokenizerFailure(
                "tokenizer_broken", f"the process that renders died ({said or done.returncode})"
            ) from error
        return reply if isinstance(reply, dict) else {}

    def _run(self, job: dict[str, Any]) -> subprocess.CompletedProcess[bytes]:
        environment = {"PATH": os.defpath, "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
        try:
            return subprocess.run(
                [sys.executable, "-I", "-c", CHILD, ROOM],
                input=json.dumps(job).encode(),
                capture_output=True,
                timeout=STARVED * self.seconds,
                env=environment,
                cwd="/",
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise self._timed_out() from error

    def _timed_out(self) -> TemplateFailure:
        return TemplateFailure("template_time", f"rendering takes more than {self.seconds} s")


def _read(reply: dict[str, Any]) -> list[Rendered]:
    if kind := reply.get("failure"):
        if kind.startswith("template"):
            raise TemplateFailure(kind, f"the chat template is unusable: {reply['said']}")
        raise TokenizerFailure(kind, f"the tokenizer is unusable: {reply['said']}")
    stop_ids = frozenset(reply["stop_ids"])
    return [
        Rendered(
            text=row["text"],
            token_ids=tuple(row["ids"]),
            stop_ids=stop_ids,
            template=reply["template"],
            system=row["system"],
            opening=row["opening"],
        )
        for row in reply["items"]
    ]


def _digest(path: Path, most: int) -> str:
    """sha256 of a file, "" where there is none. Raises RenderingError where it is too large."""
    if not path.is_file():
        return ""
    if path.stat().st_size > most:
        said = f"{path.name} is over {most >> 10} KB"
        if path.name.startswith("chat_template"):
            raise TemplateFailure("template_size", said)
        raise TokenizerFailure("tokenizer_broken", said)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
