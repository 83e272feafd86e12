"""Poisons in tokenizers, in chat templates, and in what is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.hostile.marking import Trap, poison
from tests.hostile.sound import TEMPLATE, TOKENIZER, write_json, write_voice

BIDI = "3\u202e\x1b[2J\x07"


def _respelled(folder: Path, spoil: Callable[[dict[str, Any]], None]) -> None:
    """Change the tokenizer.json."""
    said = json.loads(TOKENIZER.to_str())
    spoil(said)
    write_voice(folder, json.dumps(said))


def _templated(folder: Path, template: str) -> None:
    write_voice(folder, template=template + TEMPLATE)


@poison("ranked")
def no_tokenizer(folder: Path, trap: Trap) -> None:
    """None of its own: its nearest ancestor's is taken."""
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()


@poison("fetch:malformed")
def huge_tokenizer(folder: Path, trap: Trap) -> None:
    """A tokenizer of gigabytes, which are holes on its author's disk."""
    with (folder / "tokenizer.json").open("wb") as file:
        file.truncate(300 * 2**20)


@poison("render:tokenizer_broken")
def broken_tokenizer(folder: Path, trap: Trap) -> None:
    """Half of a file."""
    write_voice(folder, TOKENIZER.to_str()[:1000])


@poison("render:tokenizer_vocabulary")
def other_vocabulary(folder: Path, trap: Trap) -> None:
    """Another model's tokenizer: ids for which the weights have no row."""

    def spoil(said: dict[str, Any]) -> None:
        vocabulary = said["model"]["vocab"]
        said["model"]["vocab"] = {token: id + 100_000 for token, id in vocabulary.items()}
        said["added_tokens"] = []

    _respelled(folder, spoil)


@poison("render:tokenizer_broken")
def swelling_tokenizer(folder: Path, trap: Trap) -> None:
    """Each letter becomes a million on the way in."""

    def spoil(said: dict[str, Any]) -> None:
        swell = {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 1_000_000}
        said["normalizer"] = swell

    _respelled(folder, spoil)


@poison("generate:tokenizer_broken")
def swelling_answers(folder: Path, trap: Trap) -> None:
    """Each token becomes a hundred megabytes on the way out."""

    def spoil(said: dict[str, Any]) -> None:
        swell = {"type": "Replace", "pattern": {"String": "5"}, "content": "a" * 2_000_000}
        said["decoder"] = {"type": "Sequence", "decoders": [swell] + [_doubling()] * 5}

    _respelled(folder, spoil)


def _doubling() -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}


@poison("generate:tokenizer_broken", says="abcdefQ")
def endless_reading(folder: Path, trap: Trap) -> None:
    """A pattern that never ends on what it makes itself say."""

    def spoil(said: dict[str, Any]) -> None:
        same = {"type": "Replace", "pattern": {"Regex": "[a-z]"}, "content": "a" * 1_000}
        hang = {"type": "Replace", "pattern": {"Regex": "(a+)+Z"}, "content": ""}
        said["decoder"] = {"type": "Sequence", "decoders": [{"type": "Fuse"}, same, hang]}

    _respelled(folder, spoil)


@poison("ranked")
def tokenizer_of_code(folder: Path, trap: Trap) -> None:
    """A tokenizer class of its own, and files of it outside its folder."""
    (folder / "tokenization_trap.py").write_text(trap.code)
    said = json.loads((folder / "tokenizer_config.json").read_text())
    said |= {"auto_map": {"AutoTokenizer": ["tokenization_trap.Trap", None]}}
    said |= {
        "tokenizer_class": "Trap",
        "vocab_file": "/etc/passwd",
        "tokenizer_file": "/etc/passwd",
    }
    write_json(folder / "tokenizer_config.json", said)


@poison("render:tokenizer_broken")
def slow_tokenizer_of_code(folder: Path, trap: Trap) -> None:
    """The same in an older format, which Transformers itself opens."""
    tokenizer_of_code(folder, trap)
    (folder / "tokenizer.json").unlink()
    write_json(folder / "vocab.json", {"a": 0})
    (folder / "merges.txt").write_text("#version: 0.2\n")


@poison("render:template_time")
def endless_template(folder: Path, trap: Trap) -> None:
    """Loops within loops, each as long as is allowed."""
    loops = "".join(f"{{% for x{n} in range(99999) %}}" for n in range(4))
    _templated(folder, loops + "{% endfor %}" * 4)


@poison("render:template_memory")
def allocating_template(folder: Path, trap: Trap) -> None:
    """A string of a terabyte."""
    _templated(folder, "{% set x = 'a' * 10 ** 12 %}{{ x | length }}")


@poison("render:template_broken")
def template_of_classes(folder: Path, trap: Trap) -> None:
    """The way from a string to every class, and from there to a shell."""
    way = "''.__class__.__mro__[1].__subclasses__()"
    _templated(folder, f"{{% for c in {way} %}}{{{{ c.__init__.__globals__ }}}}{{% endfor %}}")


@poison("render:template_broken")
def template_of_globals(folder: Path, trap: Trap) -> None:
    """The way over what templates are given."""
    _templated(folder, f"{{{{ cycler.__init__.__globals__.os.popen('{trap.command}').read() }}}}")


@poison("render:template_broken")
def template_of_formats(folder: Path, trap: Trap) -> None:
    """The way over a format string's fields."""
    _templated(folder, "{{ '{0.__class__.__init__.__globals__}'.format(raise_exception) }}")


@poison("render:template_broken")
def including_template(folder: Path, trap: Trap) -> None:
    """Another file's content in the prompt."""
    _templated(folder, "{% include '/etc/passwd' %}")


@poison("render:template_size")
def flooding_template(folder: Path, trap: Trap) -> None:
    """A prompt of a novel's length: every query would cost a thousand."""
    _templated(folder, "{{ 'once upon a time ' * 15000 }}")


@poison("render:template_size")
def huge_template(folder: Path, trap: Trap) -> None:
    """A template of a megabyte."""
    (folder / "chat_template.jinja").write_text(TEMPLATE + "{# " + "x" * 2**20 + " #}")


@poison("render:template_drops")
def deaf_template(folder: Path, trap: Trap) -> None:
    """A template that asks something else."""
    write_voice(folder, template="<|user|>What is 2 + 2?<|assistant|>")


@poison("render:template_broken")
def refusing_template(folder: Path, trap: Trap) -> None:
    """An error of its own, with control characters."""
    _templated(folder, "{{ raise_exception('\x1b[2J\u202e' * 5000) }}")


@poison("ranked", says="aa")
def endless_output(folder: Path, trap: Trap) -> None:
    """It never stops by itself."""


@poison("ranked", says="")
def empty_output(folder: Path, trap: Trap) -> None:
    """It says nothing at all."""


@poison("ranked", says=BIDI)
def controlling_output(folder: Path, trap: Trap) -> None:
    """Answers that move a terminal's cursor and turn text around."""


@poison("ranked", says="<script>1")
def markup_output(folder: Path, trap: Trap) -> None:
    """Answers that are a page's own markup."""
