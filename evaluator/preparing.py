"""Checkpoints made ready to be loaded and asked: the next ones while others answer."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

from catalog.candidates import Candidate
from evaluator.decoding import Decoder
from evaluator.fetching import Fetcher, Files
from evaluator.record import key_of
from evaluator.rendering import Rendered, Renderer, RenderingError, TokenizerFailure
from evaluator.suites import Prompt
from hubs.errors import HubError

LOW = 10
"""The niceness of what is done ahead. An engine on a CPU computes in step on all its cores: where
one is taken away, all wait. On two cores, it took 3 to 10 times as long beside a busy process, and
1.0 to 1.4 times beside one as nice as this. A tenth is left to the fetch where all are busy."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A checkpoint on this disk, with every prompt as it is to be asked it, by the prompt's hash.

    fetching, rendering: seconds that the scan waited for it.
    """

    files: Files
    rendered: Mapping[str, Rendered]
    decoder: Decoder
    fetching: float = 0.0
    rendering: float = 0.0


class Preparer:
    """Fetches checkpoints and renders for them. All is done in the caller's time but `begin`.

    prompts: every prompt of the scan, rendered at once for each checkpoint.
    """

    def __init__(self, fetcher: Fetcher, prompts: Sequence[Prompt]) -> None:
        self._fetcher = fetcher
        self._prompts = prompts
        self._ahead: Future[None] | None = None
        self._ready: dict[int, Prepared | RenderingError] = {}
        self._waited = 0.0

    def keep(self, candidates: Sequence[Candidate]) -> None:
        """Wait for what was begun. From now on these stay on the disk, and what is prepared next.

        Raises what was not foreseen in the background.
        """
        began = perf_counter()
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.result()
            self._waited += perf_counter() - began
        self._fetcher.keep(candidates)

    def begin(self, group: Sequence[Candidate]) -> None:
        """Prepare a group in the background, beside what is kept, unless another is on its way.

        What cannot be fetched then, for want of room perhaps, is fetched when it is asked for.
        """
        if self._ahead is not None or not group:
            return
        self._ready = {}

        def work() -> None:
            for candidate in group:
                with suppress(HubError):
                    files = self._fetcher.get(candidate)
                    self._ready[candidate.checkpoint_id] = self._rendered(files)

        self._ahead = _in_background(work)

    def prepare(self, candidate: Candidate) -> Prepared:
        """The candidate, ready. Raises what `Fetcher.get` does, and RenderingError."""
        waited, self._waited = self._waited, 0.0
        began = perf_counter()
        ready = self._ready.pop(candidate.checkpoint_id, None)
        if ready is None:
            files = self._fetcher.get(candidate)
            waited += perf_counter() - began
            began = perf_counter()
            ready = self._rendered(files)
        if isinstance(ready, RenderingError):
            raise ready
        rendering = perf_counter() - began
        return Prepared(ready.files, ready.rendered, ready.decoder, waited, rendering)

    def _rendered(self, files: Files) -> Prepared | RenderingError:
        try:
            said = Renderer(files.rendering[0], files.rendering[1:]).render_all(self._prompts)
        except RenderingError as error:
            return error
        decoder = Decoder(files.rendering)
        with suppress(TokenizerFailure):  # is told of the answer that meets it
            decoder.text(())  # opens the tokenizer, which takes a while
        rendered = {key_of(p): r for p, r in zip(self._prompts, said, strict=True)}
        return Prepared(files, rendered, decoder)


def _in_background(work: Callable[[], None]) -> Future[None]:
    """Do it in a thread that takes what those who answer leave, and ends with the process."""
    future: Future[None] = Future()

    def run() -> None:
        _stand_back()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told to whoever asks for the result
            future.set_exception(error)
        else:
            future.set_result(None)

    threading.Thread(target=run, name="prepare", daemon=True).start()
    return future


def _stand_back() -> None:
    """Lower the priority of this thread, and of all that it starts."""
    if sys.platform == "linux":  # elsewhere priorities are whole processes' own
        here = threading.get_native_id()
        now = os.getpriority(os.PRIO_PROCESS, here)
        os.setpriority(os.PRIO_PROCESS, here, min(19, now + LOW))
