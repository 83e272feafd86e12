"""A seccomp filter: no new processes, no sockets, nothing that looks into another process.

bubblewrap limits what can be seen; limits on processes do not bind root, so the calls that start
one are refused instead. Threads are allowed: memory bounds their number.

Classic BPF as seccomp(2) describes it: eight bytes an instruction, jumps relative to the next.
"""

from __future__ import annotations

import platform
import struct

EPERM, ENOSYS = 1, 38
CLONE_THREAD = 0x10000
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
X32 = 0x40000000

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435  # its flags cannot be seen; without it the C library falls back on clone
REFUSED = {
    # fork vfork socket socketpair ptrace process_vm_* unshare setns mount memfd_create shmget
    # semget msgget bpf perf_event_open add_key request_key keyctl io_uring_setup userfaultfd
    "x86_64": (
        *(57, 58, 41, 53, 101, 310, 311, 272, 308, 165, 319, 29),
        *(64, 68, 321, 298, 248, 249, 250, 425, 323),
    ),
    "aarch64": (
        *(198, 199, 117, 270, 271, 97, 268, 40, 279, 194),
        *(190, 186, 280, 241, 217, 218, 219, 425, 282),
    ),
}


def program() -> bytes | None:
    """The filter for this machine; None for an architecture that is not known."""
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        return None
    steps = [
        _step(LOAD, ARCHITECTURE),
        _step(EQUAL, ARCHITECTURES[machine], 1, 0),
        _step(RETURN, KILL),
        _step(LOAD, NUMBER),
        _step(AT_LEAST, X32, 0, 1),
        _step(RETURN, KILL),
    ]
    for call in REFUSED[machine]:
        steps += [_step(EQUAL, call, 0, 1), _step(RETURN, ERRNO | EPERM)]
    steps += [
        _step(EQUAL, CLONE3, 0, 1),
        _step(RETURN, ERRNO | ENOSYS),
        _step(EQUAL, CLONE[machine], 0, 3),
        _step(LOAD, FIRST_ARGUMENT),
        _step(ANY_BIT, CLONE_THREAD, 1, 0),
        _step(RETURN, ERRNO | EPERM),
        _step(RETURN, ALLOW),
    ]
    return b"".join(steps)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
