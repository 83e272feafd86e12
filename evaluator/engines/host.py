"""The process an engine lives in: reads calls as lines of JSON, answers with lines of JSON.

JSON and not pickle: what runs here has met foreign weights, and its parent trusts only the shape
of what it says. Started by `hosted.py`; ends with its parent, whatever happens to it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evaluator.engines.errors import EngineFailure, EngineMissing, SwapRefused
from evaluator.engines.protocol import Engine, Request, Weights


def open_engine(name: str) -> Engine:
    """The engine of that name, in this process. Raises EngineMissing."""
    if name == "vllm":
        from evaluator.engines.vllm import VllmEngine

        return VllmEngine()
    from evaluator.engines.transformers import TransformersEngine

    return TransformersEngine()


def serve(name: str, calls: Any, replies: Any) -> None:
    """Answer calls until they end."""
    engine: Engine | None = None
    for line in calls:
        call = json.loads(line)
        try:
            if engine is None:
                engine = open_engine(name)
            reply = ACTS[call["act"]](engine, call)
        except EngineFailure as failure:
            reply = {
                "failure": type(failure).__name__,
                "kind": failure.kind,
                "detail": failure.detail,
            }
        except SwapRefused as refusal:
            reply = {"refused": str(refusal)}
        except EngineMissing as missing:
            reply = {"missing": str(missing)}
        except Exception as error:  # noqa: BLE001  # the parent restarts us, whatever it was
            reply = {"crashed": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()
    if engine is not None:
        engine.close()


def _open(engine: Engine, _: dict[str, Any]) -> dict[str, Any]:
    return {"dtype": engine.dtype}


def _load(engine: Engine, call: dict[str, Any]) -> dict[str, Any]:
    adapters = tuple(Path(adapter) for adapter in call["adapters"])
    failed = engine.load(Weights(Path(call["base"]), adapters))
    return {"failed": {str(at): [why.kind, why.detail] for at, why in failed.items()}}


def _generate(engine: Engine, call: dict[str, Any]) -> dict[str, Any]:
    requests = [
        Request(tuple(ids), longest, frozenset(stops), adapter)
        for ids, longest, stops, adapter in call["requests"]
    ]
    said = engine.generate(requests)
    return {"said": [[list(one.token_ids), one.finish] for one in said]}


ACTS: dict[str, Callable[[Engine, dict[str, Any]], dict[str, Any]]] = {
    "open": _open,
    "load": _load,
    "generate": _generate,
}


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _go_first() -> None:
    """Where memory runs out, the system kills this process before any other: it is started again.

    No limit of our own: weights are mapped, and count twice in all that the system can limit.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def main() -> None:
    _go_first()
    name, calls, replies, parent = sys.argv[1], *map(int, sys.argv[2:5])
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    with os.fdopen(calls) as reading, os.fdopen(replies, "w") as writing:
        serve(name, reading, writing)
    os._exit(0)  # a library's threads must not keep a finished engine alive


if __name__ == "__main__":
    main()
