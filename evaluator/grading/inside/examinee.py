"""The process an answer's code runs in: it defines what it defines, and answers calls.

It never sees the tests, only the arguments it is called with, one call at a time.
"""

from __future__ import annotations

import os

from evaluator.grading.inside.limits import limit
from evaluator.grading.inside.wire import Wire, framed

TYPE_CHECKING = False  # importing typing would cost more than all the rest
if TYPE_CHECKING:
    from typing import Any


CPU_SECONDS = 4
MEMORY = 2**30
MOST_DROPPED = 200


def main() -> None:
    """Serve calls on the wire until it closes."""
    wire = Wire(os.dup(0), os.dup(1))
    nothing = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    limit(CPU_SECONDS, MEMORY)
    try:
        job = wire.receive()
    except EOFError:
        return
    try:
        entry = define(job["code"], job["entry_point"])
    except BaseException as error:  # noqa: BLE001 - exits and interrupts are faults too
        wire.send({"fault": named(error)})
        return
    wire.send({"ready": True})
    while True:
        try:
            message = wire.receive()
        except EOFError:
            return
        wire.write(call(entry, message))


def define(code: str, entry_point: str) -> Any:
    """What the code calls `entry_point`, though lines after its definition may fail."""
    space: dict[str, Any] = {"__name__": "answer"}
    try:
        exec(compiled(code), space)
    except BaseException:  # sample calls at the end may do anything
        if entry_point not in space:
            raise
    entry = space[entry_point]
    if not callable(entry):
        raise TypeError(f"{entry_point} is not callable")
    return entry


def compiled(code: str) -> Any:
    """The code, less the last lines that keep it from being Python: answers run on or break off."""
    lines = code.split("\n")
    for kept in range(len(lines), max(1, len(lines) - MOST_DROPPED), -1):
        try:
            return compile("\n".join(lines[:kept]), "answer", "exec")
        except (SyntaxError, ValueError):
            continue
    return compile(code, "answer", "exec")


def call(entry: Any, message: dict[str, Any]) -> bytes:
    """The reply to one call, as it goes over the wire: a value, or what was raised."""
    try:
        value = entry(*message["args"], **message["kwargs"])
        return framed({"value": value})
    except BaseException as error:  # noqa: BLE001 - exits and interrupts are answers too
        names = [kind.__name__ for kind in type(error).__mro__]
        return framed({"raised": names, "said": said(error)})


def named(error: BaseException) -> str:
    """An exception with its kind, in a line."""
    return f"{type(error).__name__}: {said(error)}"


def said(error: BaseException) -> str:
    """An exception's message."""
    try:
        return str(error)[:300]
    except BaseException:  # noqa: BLE001 - its __str__ is a stranger's too
        return ""
