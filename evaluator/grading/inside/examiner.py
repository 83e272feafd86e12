"""The process the tests run in: it calls the answer over a wire, and alone knows the token.

The job (code, entry point, tests, token) comes on standard input. The token goes to standard
output only when the tests have run to their end: an exit code says nothing.
"""

from __future__ import annotations

import builtins
import os
import sys

from evaluator.grading.inside.limits import limit
from evaluator.grading.inside.wire import Wire

TYPE_CHECKING = False  # importing typing would cost more than all the rest
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


CPU_SECONDS = 10
MEMORY = 2**30


class AnswerError(Exception):
    """What the answer raised, where that is no exception of Python's own."""


class AnswerDiedError(BaseException):
    """The answer's process is gone, or speaks nonsense: no test may take that for a pass."""


def main() -> None:
    """Run the job."""
    own = Wire(os.dup(0), os.dup(1))
    job = own.receive()
    nothing = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    limit(CPU_SECONDS, MEMORY)
    wire = Wire(int(sys.argv[1]), int(sys.argv[2]))
    token = job.pop("token")
    fault = examine(job, wire)
    own.send({"fault": fault} if fault else {"passed": token})
    os._exit(0)


def examine(job: dict[str, Any], wire: Wire) -> str:
    """Why the answer fails its tests; "" if it passes them all."""
    try:
        wire.send({"code": job["code"], "entry_point": job["entry_point"]})
        reply = wire.receive()
    except (EOFError, OSError, ValueError, RecursionError):
        return "the code died before it was called"
    if "ready" not in reply:
        return f"the code does not run: {reply.get('fault')}"[:300]
    try:
        space = {"__name__": "tests", job["entry_point"]: caller(wire), "raises": raises}
        exec(compile(job["tests"], "tests", "exec"), space)
    except AnswerDiedError as error:
        return str(error)
    except BaseException as error:  # noqa: BLE001 - however the tests end early, it is no pass
        return f"line {line_of(error)} of the tests: {type(error).__name__}: {error}"[:300]
    return ""


def caller(wire: Wire) -> Callable[..., Any]:
    """What the tests call: the answer's function, at the other end of the wire."""

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            wire.send({"args": args, "kwargs": kwargs})
            reply = wire.receive()
            if "raised" in reply:
                names = [str(name) for name in reply["raised"]]
                error = exception(names, str(reply.get("said")))
            else:
                return reply["value"]
        except (EOFError, OSError) as gone:
            raise AnswerDiedError("the code died or ran out of time or memory") from gone
        except Exception as nonsense:
            raise AnswerDiedError("the code's reply was no plain value") from nonsense
        raise error

    return call


def exception(names: list[str], said: str) -> Exception:
    """Python's own exception nearest to what was raised; AnswerError for any other."""
    for name in names[:20]:
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            if kind in (Exception, AssertionError):
                break
            try:
                return kind(said)
            except TypeError:
                continue
    return AnswerError(said)


def raises(kind: type[BaseException], call: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
    """For the tests: whether a call raises that kind of exception."""
    try:
        call(*args, **kwargs)
    except kind:
        return True
    except Exception:  # noqa: BLE001 - another kind is the wrong kind
        return False
    return False


def line_of(error: BaseException) -> int:
    """The line of the tests that an exception came from."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "tests":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
