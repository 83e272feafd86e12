"""Code answers: found in their text, judged by hidden tests, kept in their box."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.grading import SandboxMissing, code, grade, refusal, sandbox
from evaluator.suites import Prompt

NEEDS_BOX = pytest.mark.skipif(bool(sandbox.fault()), reason=sandbox.fault())
TESTS = "assert double(2) == 4\nassert double('ab') == 'abab'\nassert double(-3) == -6\n"
DOUBLE = Prompt("d", "code", "Write double.", "code", tests=TESTS, entry_point="double")
GOOD = "def double(x):\n    return x * 2\n"


def fault_of(source: str, tests: str = TESTS) -> str:
    return code.examine(source, "double", tests)


ANSWERS = {
    "a fence": (f"Here:\n```python\n{GOOD}```\nDone.", True),
    "a fence without a name": (f"```\n{GOOD}```", True),
    "a fence with tildes": (f"~~~py\n{GOOD}~~~", True),
    "an unclosed fence": (f"```python\n{GOOD}", True),
    "bare code": (GOOD, True),
    "bare code after words": (f"Sure, this doubles:\n\n{GOOD}", True),
    "bare code before words": (f"{GOOD}\nThis works because x * 2 is twice x.", True),
    "an import first": (f"import math\n\n{GOOD}", True),
    "a lambda": ("```python\ndouble = lambda x: x * 2\n```", True),
    "a helper": (
        "```python\ndef twice(x):\n    return x + x\n\ndef double(x):\n    return twice(x)\n```",
        True,
    ),
    "the last definition": (
        f"```python\ndef double(x):\n    return x\n```\nBetter:\n```python\n{GOOD}```",
        True,
    ),
    "a usage block after it": (
        f"```python\n{GOOD}```\nUse:\n```python\nprint(double(2))\n```",
        True,
    ),
    "a failing sample call": (f"```python\n{GOOD}assert double(1) == 3\n```", True),
    "a main guard": (f"```python\n{GOOD}\nif __name__ == '__main__':\n    input()\n```", True),
    "an exit at the end": (f"```python\n{GOOD}import sys\nsys.exit(1)\n```", True),
    "a reasoning trace": (
        f"<think>```python\ndef double(x): pass\n```</think>```python\n{GOOD}```",
        True,
    ),
    "windows lines": (f"```python\n{GOOD}```".replace("\n", "\r\n"), True),
    "a broken-off last line": (f"```python\n{GOOD}\ndef other(x):\n    return (x", True),
    "no code": ("I would multiply it by two.", False),
    "another language": ("```javascript\nfunction double(x) { return x * 2 }\n```", False),
    "another name": ("```python\ndef twice(x):\n    return x * 2\n```", False),
    "a wrong answer": ("```python\ndef double(x):\n    return x ** 2\n```", False),
    "half an answer": ("```python\ndef double(x):\n    return x + 2\n```", False),
    "a syntax error": ("```python\ndef double(x) return x * 2\n```", False),
    "nothing": ("", False),
}


@NEEDS_BOX
@pytest.mark.parametrize("name", ANSWERS)
def test_code_is_found_and_judged(name: str) -> None:
    text, right = ANSWERS[name]
    assert grade(DOUBLE, text).score == (1.0 if right else 0.0)


CHEATS = {
    # ending early
    "an exit code": "import sys\ndef double(x): sys.exit(0)",
    "an exit at once": "import sys\nsys.exit(0)",
    "a hard exit": "import os\ndef double(x): os._exit(0)",
    "a hard exit at once": "import os\nos._exit(0)",
    "a signal to itself": "import os, signal\ndef double(x): os.kill(os.getpid(), signal.SIGKILL)",
    "signals to everyone": "import os\ndef double(x): os.kill(-1, 9)",
    "a stop signal": "import os, signal\ndef double(x): os.kill(os.getpid(), signal.SIGSTOP)",
    "an interrupt": "def double(x): raise KeyboardInterrupt",
    "a generator's exit": "def double(x): raise GeneratorExit",
    "an assertion of its own": "def double(x): raise AssertionError('passed')",
    "a crash": "import ctypes\ndef double(x): ctypes.string_at(0)",
    # pretending
    "an object equal to all": (
        "class Any:\n    def __eq__(self, other): return True\n    __hash__ = None\n"
        "def double(x): return Any()"
    ),
    "a number equal to all": (
        "class Int(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\n"
        "def double(x): return Int(7)"
    ),
    "a text equal to all": (
        "class Str(str):\n    def __eq__(self, other): return True\n    __hash__ = str.__hash__\n"
        "def double(x): return Str('7')"
    ),
    "a list equal to all": (
        "class List(list):\n    def __eq__(self, other): return True\ndef double(x): return List()"
    ),
    "a printed verdict": (
        "import os\ndef double(x):\n"
        "    for fd in range(30):\n        try: os.write(fd, b'{\"passed\": true}\\n')\n"
        "        except OSError: pass"
    ),
    "replies in advance": (
        "import os\nfor fd in range(3, 9):\n"
        "    try: os.write(fd, b'{\"ready\": true}\\n' + b'{\"value\": true}\\n' * 9)\n"
        "    except OSError: pass\ndef double(x): return None"
    ),
    "a forged packed value": (
        "import os\ndef double(x):\n    for fd in range(3, 9):\n"
        '        try: os.write(fd, b\'{"value": ["foreign", {"x": 1}]}\\n\')\n'
        "        except OSError: pass"
    ),
    # reading and patching the harness
    "patched comparison": (
        "import builtins\nbuiltins.AssertionError = Warning\nbuiltins.all = lambda *a: True\n"
        "def double(x): return None"
    ),
    "patched packing": (
        "import evaluator.grading.inside.wire as w, evaluator.grading.inside.examinee as e\n"
        "e.pack = w.pack = lambda v: {'__eq__': True}\ndef double(x): return None"
    ),
    "the tests in the frames": (
        "import sys\ndef double(x):\n    f = sys._getframe()\n    while f:\n"
        "        for v in list(f.f_globals.values()) + list(f.f_locals.values()):\n"
        "            if isinstance(v, dict) and 'tests' in v: return x * 2\n        f = f.f_back"
    ),
    "the tests in memory": (
        "import gc\ndef double(x):\n"
        "    if any(isinstance(o, dict) and 'token' in o for o in gc.get_objects()): return x * 2"
    ),
    "the tests on disk": (
        "import os\ndef double(x):\n"
        "    places = '/tmp /var /home /root /etc /run /proc /sys /dev/shm'.split()\n"
        "    return x * 2 if any(os.path.exists(place) for place in places) else None"
    ),
    "the examiner's memory": (
        "import os\ndef double(x):\n    for p in os.listdir('/proc'):\n"
        "        if p.isdigit() and p != str(os.getpid()): return x * 2"
    ),
    "the tests on its input": (
        "import os\ndef double(x):\n    data = os.read(0, 9999)\n    return x * 2 if data else None"
    ),
    # getting out
    "a fork": "import os\ndef double(x):\n    os.fork()\n    return x * 2",
    "a fork at once": "import os\nwhile True: os.fork()\ndef double(x): return x * 2",
    "a subprocess": (
        "import subprocess\ndef double(x):\n    subprocess.run(['/usr/bin/env'])\n    return x * 2"
    ),
    "a shell": "import os\ndef double(x):\n    return x * 2 if os.system('true') == 0 else None",
    "another process pool": (
        "from multiprocessing import Process\ndef double(x):\n"
        "    p = Process(target=print); p.start(); p.join()\n    return x * 2"
    ),
    "another program": "import os\ndef double(x): os.execv('/usr/bin/env', ['env'])",
    "a socket": "import socket\ndef double(x):\n    socket.socket()\n    return x * 2",
    "a local socket": "import socket\ndef double(x):\n    socket.socketpair()\n    return x * 2",
    "the network": (
        "import urllib.request\ndef double(x):\n"
        "    urllib.request.urlopen('http://127.0.0.1:80', timeout=1)\n    return x * 2"
    ),
    "a write to the temporary folder": (
        "def double(x):\n    open('/tmp/x', 'w').write('x')\n    return x * 2"
    ),
    "a write to the root": "def double(x):\n    open('/x', 'w').write('x')\n    return x * 2",
    "a write to memory's folder": (
        "def double(x):\n    open('/dev/shm/x', 'w').write('x')\n    return x * 2"
    ),
    "a change of the library": (
        "import os\ndef double(x):\n    open(os.__file__, 'a').write('x')\n    return x * 2"
    ),
    "the password file": "def double(x):\n    open('/etc/passwd').read()\n    return x * 2",
    "the environment": (
        "import os\ndef double(x):\n    return x * 2 if set(os.environ) - "
        "{'LANG', 'PWD', 'PYTHONHASHSEED', 'LC_CTYPE', 'LD_LIBRARY_PATH'} else None"
    ),
    "a new namespace": (
        "import ctypes\ndef double(x):\n"
        "    return x * 2 if ctypes.CDLL(None).unshare(0x10000000) == 0 else None"
    ),
    "a mount": (
        "import ctypes\ndef double(x):\n"
        "    return x * 2 if ctypes.CDLL(None).mount(b'n', b'/usr', b'tmpfs', 0, 0) == 0 else None"
    ),
    "a trace of another process": (
        "import ctypes\ndef double(x):\n"
        "    return x * 2 if ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0 else None"
    ),
    "a file in memory": "import os\ndef double(x):\n    os.memfd_create('x')\n    return x * 2",
    "higher limits": (
        "import resource\ndef double(x):\n"
        "    resource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40))\n    return x * 2"
    ),
    # using it all up
    "deep recursion": (
        "import sys\nsys.setrecursionlimit(10**9)\ndef double(x): return double(x) + double(x)"
    ),
    "a nest without end": "def double(x):\n    a = []\n    a.append(a)\n    return a",
    "all the memory": "def double(x): return [0] * 10**10",
    "memory bit by bit": "def double(x):\n    a = []\n    while True: a.append(bytes(10**7))",
    "a huge number": "def double(x): return 10 ** 5000",
    "a huge reply": "def double(x): return 'x' * 10**8",
    "a reply without end": "import itertools\ndef double(x): return itertools.count()",
    "open files": (
        "def double(x):\n    held = [open('/dev/null') for _ in range(100)]\n    return x * 2"
    ),
    "a hundred threads": (
        "import threading, time\ndef double(x):\n"
        "    t = threading.Thread\n"
        "    ts = [t(target=time.sleep, args=(9,), daemon=True) for _ in range(5000)]\n"
        "    [t.start() for t in ts]\n    return x * 2"
    ),
    "sleep": "import time\ndef double(x): time.sleep(1000)",
    "a loop": "def double(x):\n    while True: pass",
    "a loop at once": "while True: pass",
    "a bad pattern": "import re\ndouble = lambda x: re.match('(a+)+b', 'a' * 60)",
}


@NEEDS_BOX
@pytest.mark.parametrize("name", CHEATS)
def test_escapes_and_cheats_fail(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "WALL_SECONDS", 2)
    assert fault_of(CHEATS[name])


def test_there_are_as_many_cheats_as_promised() -> None:
    assert len(CHEATS) >= 40


@NEEDS_BOX
def test_huge_output_costs_no_memory_and_no_pass() -> None:
    source = (
        "import sys\ndef double(x):\n    for _ in range(200): print('x' * 10**5)\n    return x * 2"
    )
    assert fault_of(source) == ""


@NEEDS_BOX
def test_plain_values_of_every_kind_come_through() -> None:
    values = (
        "None, True, 3, 2**80, 1.5, float('inf'), 'é\\n', b'x', 1j, [1, [2]], (1, (2,)), {1, 2}, "
        "frozenset({3}), {'a': {1: (2,)}, (1, 2): []}"
    )
    tests = f"for value in ({values}):\n    got = double(value)\n    assert got == value\n"
    tests += "    assert type(got) is type(value)\n"
    assert fault_of("def double(x): return x", tests) == ""


@NEEDS_BOX
def test_generators_views_and_subclasses_come_as_what_they_hold() -> None:
    tests = "assert list(double(1)) == [1, 2]\nassert double(2) == {'a': 1}\n"
    tests += "assert list(double(3)) == [0, 1]\n"
    source = (
        "from collections import Counter\ndef double(x):\n"
        "    return {1: iter([1, 2]), 2: Counter('a'), 3: range(2)}[x]"
    )
    assert fault_of(source, tests) == ""


@NEEDS_BOX
def test_tests_can_ask_for_exceptions() -> None:
    tests = "assert raises(ValueError, double, 1)\nassert not raises(KeyError, double, 1)\n"
    assert fault_of("def double(x): raise ValueError('no')", tests) == ""
    assert fault_of("class Mine(ValueError): pass\ndef double(x): raise Mine('no')", tests) == ""
    assert fault_of("def double(x): return x", tests)


@NEEDS_BOX
@pytest.mark.parametrize(
    "tests", ["import sys; sys.exit(0)", "import os; os._exit(0)", "print('passed')\n1/0"]
)
def test_tests_that_do_not_reach_their_end_are_no_pass(tests: str) -> None:
    assert fault_of(GOOD, tests)


def test_without_a_sandbox_code_is_refused_unless_the_person_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for cached in (sandbox.fault, sandbox._bubblewrap):
        cached.cache_clear()
    try:
        assert "apt-get install bubblewrap" in refusal([DOUBLE])
        with pytest.raises(SandboxMissing):
            grade(DOUBLE, GOOD)
        assert grade(DOUBLE, GOOD, boxed=False).score == 1.0
        assert refusal([Prompt("n", "math", "?", "number", "4")]) == ""
    finally:
        for cached in (sandbox.fault, sandbox._bubblewrap):
            cached.cache_clear()
