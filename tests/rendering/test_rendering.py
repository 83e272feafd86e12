"""Prompts into token ids: whose template, which tokens, and what strangers' files cannot do."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from evaluator import decoding
from evaluator.decoding import Decoder
from evaluator.grading.killable import Killable
from evaluator.rendering import (
    Renderer,
    RendererKilled,
    RenderingError,
    TemplateFailure,
    TokenizerFailure,
)
from evaluator.suites import Example, Prompt

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content | trim }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIALS = ["<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|eot_id|>"]
QUESTION = Prompt("q", "math", "What is 2 + 2?", "number", "4")


def lay(folder: Path, template: Any = None, *, adds_bos: bool = True, **config: Any) -> Path:
    """A checkpoint's folder with a small byte-level tokenizer, as a downloader would leave it."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=SPECIALS, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(["What is the answer?"], trainer)
    if adds_bos:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A", special_tokens=[("<s>", 0)]
        )
    tokenizer.enable_truncation(4)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"bos_token": "<s>", "eos_token": {"content": "</s>"}, **config}
    if template is not None:
        config["chat_template"] = template
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    (folder / "config.json").write_text(json.dumps({"vocab_size": 400, "eos_token_id": [1, 7]}))
    return folder


def test_the_own_template_is_used_and_the_bos_stands_once(tmp_path: Path) -> None:
    for template in (CHATML, "<s>" + CHATML, "{{ bos_token }}<s>" + CHATML):
        rendered = Renderer(lay(tmp_path / "a", template)).render(QUESTION)
        assert rendered.template == "own"
        assert rendered.text.endswith("<|im_start|>assistant\n")
        assert rendered.token_ids[0] == 0
        assert rendered.token_ids.count(0) == 1
        assert len(rendered.token_ids) > 10, "the tokenizer's own truncation is not obeyed"
        assert rendered.stop_ids == {1, 3, 4, 7}


def test_a_chat_template_decides_on_the_bos_where_the_tokenizer_adds_none(tmp_path: Path) -> None:
    folder = lay(tmp_path, CHATML, adds_bos=False)
    assert 0 not in Renderer(folder).render(QUESTION).token_ids
    lay(tmp_path, "<s>" + CHATML, adds_bos=False)
    assert Renderer(folder).render(QUESTION).token_ids[0] == 0


def test_text_without_a_template_gets_a_bos_unless_it_is_unwanted(tmp_path: Path) -> None:
    folder = lay(tmp_path, adds_bos=False)
    rendered = Renderer(folder).render(QUESTION)
    assert (rendered.template, rendered.text) == ("plain", "What is 2 + 2?")
    assert rendered.token_ids[0] == 0
    lay(tmp_path, adds_bos=False, add_bos_token=False)
    assert Renderer(folder).render(QUESTION).token_ids[0] != 0


def test_the_nearest_ancestors_template_stands_in(tmp_path: Path) -> None:
    child, parent = lay(tmp_path / "child"), lay(tmp_path / "parent")
    root = lay(tmp_path / "root", "ROOT{{ messages[0].content }}")
    assert Renderer(child, [parent]).render(QUESTION).template == "plain"
    rendered = Renderer(child, [parent, root]).render(QUESTION)
    assert (rendered.template, rendered.text) == ("ancestor", "ROOTWhat is 2 + 2?")
    lay(tmp_path / "child", "CHILD{{ messages[0].content }}")
    assert Renderer(child, [parent, root]).render(QUESTION).template == "own"


def test_an_adapter_without_a_tokenizer_takes_its_bases(tmp_path: Path) -> None:
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    base = lay(tmp_path / "base", CHATML)
    assert Renderer(adapter, [base]).render(QUESTION).template == "ancestor"
    with pytest.raises(TokenizerFailure) as caught:
        Renderer(adapter).render(QUESTION)
    assert caught.value.kind == "tokenizer_missing"


def test_a_template_is_found_wherever_it_was_saved(tmp_path: Path) -> None:
    folder = lay(
        tmp_path, [{"name": "tool_use", "template": "no"}, {"name": "default", "template": CHATML}]
    )
    assert "<|im_start|>" in Renderer(folder).render(QUESTION).text
    (folder / "chat_template.jinja").write_text("FILE{{ messages[0].content }}")
    assert Renderer(folder).render(QUESTION).text.startswith("FILE")


def test_system_prompts_and_examples_go_in_by_role_or_are_folded(tmp_path: Path) -> None:
    prompt = Prompt(
        "q", "math", "3 + 3?", "number", "6", system="Be brief.", few_shot=(Example("1 + 1?", "2"),)
    )
    by_role = Renderer(lay(tmp_path / "a", CHATML)).render(prompt)
    assert by_role.system == "role"
    assert (
        by_role.text.index("Be brief.") < by_role.text.index("1 + 1?") < by_role.text.index("3 +")
    )
    refusing = (
        "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}" + CHATML
    )
    ignoring = CHATML.replace("messages %}", "messages if m.role != 'system' %}")
    for template in (refusing, ignoring):
        folded = Renderer(lay(tmp_path / "a", template)).render(prompt)
        assert folded.system == "folded"
        assert "user\nBe brief.\n\n1 + 1?<|im_end|>" in folded.text
    plain = Renderer(lay(tmp_path / "plain")).render(prompt)
    assert plain.system == "text"
    assert plain.text == "Be brief.\n\nQuestion: 1 + 1?\nAnswer: 2\n\nQuestion: 3 + 3?\nAnswer:"


def test_a_template_that_opens_a_reasoning_trace_is_recorded(tmp_path: Path) -> None:
    assert Renderer(lay(tmp_path, CHATML + "<think>\n")).render(QUESTION).opening == "<think>"
    assert Renderer(lay(tmp_path, CHATML + "<think>\n\n</think>\n")).render(QUESTION).opening == ""


def test_the_clock_stands_still(tmp_path: Path) -> None:
    folder = lay(tmp_path, "{{ strftime_now('%d %b %Y') }} {{ messages[0].content }}")
    assert Renderer(folder).render(QUESTION).text == "26 Jul 2024 What is 2 + 2?"


def test_generation_blocks_and_loop_controls_are_known(tmp_path: Path) -> None:
    template = (
        "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% break %}"
        "{% endfor %}{{ {'a': 'é'} | tojson }}"
    )
    assert Renderer(lay(tmp_path, template)).render(QUESTION).text == 'What is 2 + 2?{"a": "é"}'


def test_many_prompts_render_as_one_by_one_and_the_hash_tells_them_apart(tmp_path: Path) -> None:
    renderer = Renderer(lay(tmp_path, CHATML))
    prompts = [Prompt(str(i), "m", f"What is {i}?", "number", str(i)) for i in range(5)]
    together = renderer.render_all(prompts)
    assert together == [renderer.render(prompt) for prompt in prompts]
    assert len({rendered.hash for rendered in together}) == 5


def test_a_changed_file_is_rendered_anew(tmp_path: Path) -> None:
    renderer = Renderer(lay(tmp_path, CHATML))
    before = renderer.render(QUESTION)
    lay(tmp_path, "NEW " + CHATML)
    assert renderer.render(QUESTION).text == "NEW " + before.text


HOSTILE = {
    "a syntax error": ("{% for %}", "template_broken"),
    "an unknown tag": ("{% include '/etc/passwd' %}", "template_broken"),
    "an import": ("{% import 'os' as os %}", "template_broken"),
    "a refusal": ("{{ raise_exception('not today') }}", "template_broken"),
    "an unknown filter": ("{{ messages | random }}", "template_broken"),
    "a random word": ("{{ lipsum() }}{{ messages[0].content }}", "template_broken"),
    "the classes": ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "template_broken"),
    "the globals": ("{{ raise_exception.__globals__ }}", "template_drops"),
    "the clock's module": ("{{ strftime_now.__self__.__class__.now() }}", "template_broken"),
    "a format string": ("{{ '{0.__class__.__init__}'.format(messages) }}", "template_drops"),
    "a change of the messages": ("{{ messages.append(1) }}", "template_broken"),
    "a huge range": ("{% for i in range(10**9) %}{% endfor %}", "template_broken"),
    "a huge text": ("{{ 'a' * 10**6 }}{{ messages[0].content }}", "template_size"),
    "huge memory": ("{{ 'a' * 10**11 }}", "template_memory"),
    "endless loops": (
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "template_time",
    ),
    "a huge power": ("{{ 9 ** (9 ** 9) }}", "template_time"),
    "an address": ("{{ messages.count }}{{ messages[0].content }}", "template_broken"),
    "recursion": ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "template_broken"),
    "another question": ("What is 1 + 1?", "template_drops"),
    "no text": (" {# nothing #} ", "template_drops"),
    "a message that dresses up": ("{{ raise_exception('a\\n\\x1b[31mb') }}", "template_broken"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_is_a_named_failure(tmp_path: Path, name: str) -> None:
    template, kind = HOSTILE[name]
    with pytest.raises(TemplateFailure) as caught:
        Renderer(lay(tmp_path, template), seconds=3).render(QUESTION)
    assert caught.value.kind == kind
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_an_oversized_template_file_is_refused_unread(tmp_path: Path) -> None:
    folder = lay(tmp_path)
    (folder / "chat_template.jinja").write_text("{# " + "x" * 2**18 + " #}")
    with pytest.raises(TemplateFailure) as caught:
        Renderer(folder).render(QUESTION)
    assert caught.value.kind == "template_size"


@pytest.mark.parametrize(
    "raw", ["", "{}", "[]", "\x00", '{"version": "1.0", "model": {"type": "BPE"}}']
)
def test_a_broken_tokenizer_is_a_named_failure(tmp_path: Path, raw: str) -> None:
    folder = lay(tmp_path, CHATML)
    (folder / "tokenizer.json").write_text(raw)
    with pytest.raises(TokenizerFailure) as caught:
        Renderer(folder).render(QUESTION)
    assert caught.value.kind == "tokenizer_broken"


def test_token_ids_past_the_weights_rows_are_a_named_failure(tmp_path: Path) -> None:
    folder = lay(tmp_path, CHATML)
    (folder / "config.json").write_text('{"vocab_size": 20}')
    with pytest.raises(TokenizerFailure) as caught:
        Renderer(folder).render(QUESTION)
    assert caught.value.kind == "tokenizer_vocabulary"


def test_odd_files_beside_the_tokenizer_do_no_harm(tmp_path: Path) -> None:
    folder = lay(tmp_path, {"not": "a template"}, bos_token=7, eos_token=["x"], add_bos_token="yes")
    (folder / "config.json").write_text('{"vocab_size": "many", "eos_token_id": [true, -1, "a"]}')
    (folder / "special_tokens_map.json").write_text("[" * 1000)
    rendered = Renderer(folder).render(QUESTION)
    assert rendered.template == "plain"
    assert rendered.stop_ids == {1, 3, 4}


def test_secrets_of_the_parent_do_not_reach_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    folder = lay(tmp_path, "{{ messages[0].content }}{{ environ }}{{ self }}")
    assert "hf_secret" not in Renderer(folder).render(QUESTION).text


def test_an_older_tokenizer_format_is_read_without_code_of_its_own(tmp_path: Path) -> None:
    kind = {"tokenizer_class": "GPT2Tokenizer", "eos_token": "</s>", "unk_token": "</s>"}
    folder = lay(tmp_path, CHATML, **kind)
    new = Renderer(folder).render(QUESTION)
    Tokenizer.from_file(str(folder / "tokenizer.json")).model.save(str(folder))
    (folder / "tokenizer.json").unlink()
    (folder / "added_tokens.json").write_text(json.dumps({t: i for i, t in enumerate(SPECIALS)}))
    old = Renderer(folder).render(QUESTION)
    assert old.text == new.text
    assert old.token_ids[-5:] == new.token_ids[-5:]


@contextmanager
def killing(module: str, times: int) -> Iterator[list[int]]:
    """SIGKILL for the next so many helpers that run a module, as they are seen; yields their ids.

    Helpers take long enough to start that none is missed.
    """
    killed: list[int] = []
    before, over = children(), threading.Event()

    def kill() -> None:
        while not over.wait(0.005) and len(killed) < times:
            for pid in children() - before:
                with suppress(OSError):
                    if module in Path(f"/proc/{pid}/cmdline").read_text():
                        os.kill(pid, signal.SIGKILL)
                        killed.append(pid)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def children() -> set[int]:
    """Processes that this one has started."""
    found: set[int] = set()
    for task in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # a thread that has ended meanwhile
            found.update(map(int, task.read_text().split()))
    return found


def test_a_helper_that_somebody_killed_is_followed_by_another(tmp_path: Path) -> None:
    folder = lay(tmp_path, "{# killed once #}" + CHATML)
    with killing("evaluator.rendering.child", 1) as killed:
        assert Renderer(folder).render(QUESTION).template == "own"
    assert len(killed) == 1


def test_a_helper_that_is_killed_again_is_not_called_slow(tmp_path: Path) -> None:
    folder = lay(tmp_path, "{# killed twice #}" + CHATML)
    with (
        killing("evaluator.rendering.child", 2) as killed,
        pytest.raises(RendererKilled, match="signal 9") as caught,
    ):
        Renderer(folder).render(QUESTION)
    assert len(killed) == 2
    assert caught.value.kind == "rendering_killed"
    assert Renderer(folder).render(QUESTION).template == "own"


def test_a_speller_that_somebody_killed_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speller = Killable("evaluator.spelling")
    monkeypatch.setattr(decoding, "_speller", speller)
    decoder = Decoder([lay(tmp_path)])
    with killing("evaluator.spelling", 1) as killed:
        assert decoder.text([5, 6]) == '!"'
    assert len(killed) == 1
    speller.close()
    with (
        killing("evaluator.spelling", 2) as killed,
        pytest.raises(TokenizerFailure, match="died, or hung"),
    ):
        decoder.text([5, 6])
    assert len(killed) == 2
    speller.close()


def test_every_failure_is_a_rendering_error() -> None:
    assert issubclass(RendererKilled, RenderingError)
    assert issubclass(TemplateFailure, RenderingError)
    assert issubclass(TokenizerFailure, RenderingError)
