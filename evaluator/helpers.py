"""How a helper process ended: by itself, at a limit of ours, or by another's hand."""

from __future__ import annotations

import signal

OTHERS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def struck(code: int | None) -> bool:
    """Whether it was an operator that ended it, or a system that is short of memory.

    code: as `Popen.returncode` has it. Limits that a helper runs under end it otherwise: of memory
    with a reply or SIGABRT, of processor time with SIGXCPU.
    """
    return code is not None and -code in OTHERS
