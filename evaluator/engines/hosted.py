"""An engine in a process of its own, restarted on any doubt.

A crash, a hang or an exhausted memory costs one batch: it is tried once more in a fresh process,
and then becomes the checkpoint's own failure, by name. What was loaded is loaded again first.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from evaluator.engines.errors import (
    EngineMissing,
    GenerationFailure,
    GenerationKind,
    LoadFailure,
    LoadKind,
)
from evaluator.engines.protocol import Completion, Request, Weights

OPEN_SECONDS = 300.0
LOAD_SECONDS = 1800.0
GENERATE_SECONDS = 300.0
SECONDS_PER_TOKEN = 0.1
"""A generation may take GENERATE_SECONDS and this for each token it may say: slow CPUs included."""

ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_NO_USAGE_STATS": "1",
}
CACHING = ("vllm",)
"""Engines that keep what they computed: after NaN they are not trusted with the next batch."""

SECRETS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


class _Doubt(Exception):
    """The process crashed, hung or talked nonsense: it can no longer be trusted."""

    def __init__(self, why: str, hung: bool = False) -> None:
        super().__init__(why)
        self.hung = hung


class HostedEngine:
    """The engine protocol, spoken to a child process. Counts how loads were done.

    fresh: loads that needed a new process. swapped: loads done in place. restarts: processes
    that were given up in doubt.
    """

    def __init__(self, name: str, cache: Path | None = None) -> None:
        self.name = name
        self.fresh = 0
        self.swapped = 0
        self.restarts = 0
        self._cache = cache
        self._child: subprocess.Popen[bytes] | None = None
        self._calls: IO[bytes] | None = None
        self._replies = -1
        self._said = bytearray()
        self._log: IO[bytes] | None = None
        self._loaded: Weights | None = None
        self._held = False
        self._dtype = self._open()

    @property
    def dtype(self) -> str:
        return self._dtype

    def load(self, weights: Weights) -> Mapping[int, LoadFailure]:
        self._loaded = None
        try:
            failed = self._load(weights)
        except _Doubt:
            self._restart()
            try:
                failed = self._load(weights)
            except _Doubt as doubt:
                self._restart()
                kind = LoadKind.TIMED_OUT if doubt.hung else LoadKind.CRASHED
                raise LoadFailure(kind, str(doubt)) from doubt
        self._loaded = weights
        return failed

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        assert self._loaded is not None, "nothing is loaded"
        try:
            return self._generate(requests)
        except GenerationFailure as failure:
            if failure.kind == GenerationKind.NOT_FINITE and self.name in CACHING:
                self._restart()
            raise
        except _Doubt:
            self._restart()
        try:
            self._load(self._loaded)
            return self._generate(requests)
        except _Doubt as doubt:
            self._restart()
            self._loaded = None
            kind = GenerationKind.TIMED_OUT if doubt.hung else GenerationKind.CRASHED
            raise GenerationFailure(kind, str(doubt)) from doubt

    def close(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        if self._calls is not None:
            with contextlib.suppress(OSError):
                self._calls.close()
        os.close(self._replies)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if self._log is not None:
            self._log.close()

    def _open(self) -> str:
        try:
            self._start()
            return str(self._call({"act": "open"}, OPEN_SECONDS)["dtype"])
        except _Doubt as doubt:
            self.close()
            raise EngineMissing(
                f"the {self.name} engine does not start ({doubt}): see `gems doctor`"
            ) from doubt
        except EngineMissing:
            self.close()
            raise

    def _restart(self) -> None:
        self.restarts += 1
        self.close()
        self._dtype = self._open()

    def _load(self, weights: Weights) -> dict[int, LoadFailure]:
        call = {
            "act": "load",
            "base": str(weights.base),
            "adapters": [str(adapter) for adapter in weights.adapters],
        }
        reply = self._call(call, LOAD_SECONDS)
        if "refused" in reply:
            self.close()
            self._dtype = self._open()
            reply = self._call(call, LOAD_SECONDS)
            if "refused" in reply:
                raise _Doubt(str(reply["refused"]))
            self.fresh += 1
        elif self._held:
            self.swapped += 1
        else:
            self.fresh += 1
        self._held = True
        return {
            int(at): LoadFailure(LoadKind(kind), str(detail))
            for at, (kind, detail) in reply["failed"].items()
        }

    def _generate(self, requests: Sequence[Request]) -> list[Completion]:
        tokens = sum(request.max_tokens for request in requests)
        reply = self._call(
            {
                "act": "generate",
                "requests": [
                    [list(one.token_ids), one.max_tokens, sorted(one.stop_ids), one.adapter]
                    for one in requests
                ],
            },
            GENERATE_SECONDS + SECONDS_PER_TOKEN * tokens,
        )
        return [Completion(tuple(map(int, ids)), finish) for ids, finish in reply["said"]]

    def _start(self) -> None:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        environment = {key: value for key, value in os.environ.items() if key not in SECRETS}
        environment |= ENVIRONMENT
        if self._cache is not None:
            environment["VLLM_CACHE_ROOT"] = str(self._cache / "vllm")
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as the process
        self._child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "evaluator.engines.host",
                self.name,
                str(theirs_in),
                str(theirs_out),
                str(os.getpid()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            pass_fds=(theirs_in, theirs_out),
            env=environment,
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._calls = os.fdopen(ours_out, "wb")
        self._replies = ours_in
        self._said = bytearray()
        self._held = False

    def _call(self, call: dict[str, Any], seconds: float) -> dict[str, Any]:
        assert self._calls is not None
        try:
            self._calls.write(json.dumps(call).encode() + b"\n")
            self._calls.flush()
        except OSError as error:
            raise _Doubt(self._last_words()) from error
        try:
            reply = json.loads(self._line(seconds))
        except ValueError as error:
            raise _Doubt("its process answered nonsense") from error
        if not isinstance(reply, dict) or "crashed" in reply:
            raise _Doubt(str(reply["crashed"]) if isinstance(reply, dict) else "nonsense")
        if "missing" in reply:
            raise EngineMissing(str(reply["missing"]))
        if "failure" in reply:
            raise self._failure(reply)
        return reply

    def _failure(self, reply: dict[str, Any]) -> Exception:
        """A checkpoint's own failure; one that may have left damage is a doubt instead."""
        detail = str(reply["detail"])
        if reply["failure"] == "LoadFailure":
            load = LoadKind(reply["kind"])
            if load in (LoadKind.CRASHED, LoadKind.OUT_OF_MEMORY):
                return _Doubt(detail)
            return LoadFailure(load, detail)
        generation = GenerationKind(reply["kind"])
        if generation in (GenerationKind.CRASHED, GenerationKind.OUT_OF_MEMORY):
            return _Doubt(detail)
        return GenerationFailure(generation, detail)

    def _line(self, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._replies, selectors.EVENT_READ)
            while b"\n" not in self._said:
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise _Doubt(f"no answer in {seconds:.0f} seconds", hung=True)
                some = os.read(self._replies, 1 << 20)
                if not some:
                    raise _Doubt(self._last_words())
                self._said += some
        line, _, rest = bytes(self._said).partition(b"\n")
        self._said = bytearray(rest)
        return line

    def _last_words(self) -> str:
        """Why the process ended: its exit, and the last line it wrote."""
        assert self._child is not None
        assert self._log is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(5)
        self._log.seek(max(0, self._log.tell() - 4096))
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        code = self._child.returncode
        ended = f"killed by signal {-code}" if code is not None and code < 0 else f"exit {code}"
        return f"its process ended ({ended}): {lines[-1] if lines else 'no word'}"
