"""Programs on texts, digits and strings of orders."""

# ruff: noqa: E501 - questions and programs stand as they are put

from __future__ import annotations

from random import Random

from evaluator.suites.bank.code.programs import Case, program, text
from evaluator.suites.bank.draft import Draft


def drop_every(r: Random) -> Draft:
    n = r.randrange(2, 14)
    cases: list[Case] = [
        ("",),
        *((text(r, 20),) for _ in range(7)),
        ("x" * 20,),
        ("abcdefghijklmnopqrst",),
    ]
    return program(
        "drop_every",
        f"`drop_every(text)` returns a string without every character whose place, counted from 1, is "
        f"a multiple of {n}.",
        "def drop_every(text):\n    return ''.join(c for i, c in enumerate(text, 1) if i % N)\n",
        "def drop_every(text):\n    chars = list(text)\n    del chars[N - 1::N]\n    return ''.join(chars)\n",
        cases,
        n=n,
    )


def digit_product(r: Random) -> Draft:
    d = r.randrange(1, 8)
    word, sign = r.choice((("greater than", ">"), ("smaller than", "<")))
    cases: list[Case] = [(0,), *((r.randrange(10 ** r.randrange(1, 9)),) for _ in range(9))]
    return program(
        "digit_product",
        f"`digit_product(n)` returns the product of the decimal digits of an integer n >= 0 that are "
        f"{word} {d}, or 1 if it has none.",
        f"def digit_product(n):\n    product = 1\n    for c in str(n):\n        if int(c) {sign} D:\n"
        "            product *= int(c)\n    return product\n",
        f"def digit_product(n):\n    digit, rest = n % 10, n // 10\n    here = digit if digit {sign} D else 1\n"
        "    return here * digit_product(rest) if rest else here\n",
        cases,
        d=d,
    )


def in_base(r: Random) -> Draft:
    base = r.choice((3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 20))
    cases: list[Case] = [(0,), (base,), (base - 1,), *((r.randrange(10**6),) for _ in range(6))]
    return program(
        "in_base",
        f"`in_base(n)` writes an integer n >= 0 in base {base}, as a list of its digits, the most "
        "significant first; 0 gives [0].",
        "def in_base(n):\n    digits = []\n    while True:\n        n, d = divmod(n, BASE)\n"
        "        digits.insert(0, d)\n        if not n:\n            return digits\n",
        "def in_base(n):\n    return (in_base(n // BASE) if n >= BASE else []) + [n % BASE]\n",
        cases,
        base=base,
    )


def shift_some(r: Random) -> Draft:
    k, chosen = r.randrange(1, 26), r.choice(("vowels", "consonants"))
    test = "in" if chosen == "vowels" else "not in"
    cases: list[Case] = [
        ("",),
        ("xyz aeiou!",),
        *((text(r, 15, "abcxyz eiou,"),) for _ in range(7)),
    ]
    return program(
        "shift_some",
        f"`shift_some(text)` moves each lower-case letter a-z of a text that is one of the {chosen} "
        f"(vowels are a, e, i, o, u) {k} places on in the alphabet, starting again after z. All other "
        "characters stay.",
        f"def shift_some(text):\n    return ''.join(chr((ord(c) - 97 + K) % 26 + 97) if 'a' <= c <= 'z' and c {test} 'aeiou' else c for c in text)\n",
        "def shift_some(text):\n    alphabet = 'abcdefghijklmnopqrstuvwxyz'\n"
        f"    some = [c for c in alphabet if c {test} 'aeiou']\n"
        "    table = {c: (alphabet * 2)[alphabet.index(c) + K] for c in some}\n"
        "    return ''.join(table.get(c, c) for c in text)\n",
        cases,
        k=k,
    )


def common_letter(r: Random) -> Draft:
    rank = r.randrange(1, 7)
    tie = r.choice(("earlier", "later"))
    order = "" if tie == "earlier" else "-"
    cases: list[Case] = [("",), ("aabbc",), ("cba",), *((text(r, 16, "abcdef"),) for _ in range(7))]
    return program(
        "ranked_letter",
        f"`ranked_letter(text)` ranks the distinct letters of a lower-case text by how often they occur, "
        f"the most frequent first, and among equally frequent ones the {tie} in the alphabet first. It "
        f"returns the letter at rank {rank}, or '' if there are fewer letters.",
        f"def ranked_letter(text):\n    order = sorted(set(text), key=lambda c: (-text.count(c), {order}ord(c)))\n"
        "    return order[RANK - 1] if len(order) >= RANK else ''\n",
        "def ranked_letter(text):\n    from collections import Counter\n"
        f"    order = sorted(Counter(text).items(), reverse={tie == 'later'})\n"
        "    order.sort(key=lambda pair: pair[1], reverse=True)\n    return (order[RANK - 1:RANK] or [('', 0)])[0][0]\n",
        cases,
        rank=rank,
    )


def reverse_long(r: Random) -> Draft:
    n = r.randrange(2, 8)
    which, sign = r.choice((("longer than", ">"), ("shorter than", "<")))

    def sentence() -> str:
        return " ".join(text(r, 10, "abcdefgh") or "x" for _ in range(r.randrange(1, 6)))

    cases: list[Case] = [("",), ("abcd efgh ij",), *((sentence(),) for _ in range(7))]
    return program(
        "turn_words",
        f"`turn_words(sentence)` reverses each word of a sentence that is {which} {n} characters and "
        "leaves the others. Words are separated by single spaces, which stay.",
        f"def turn_words(sentence):\n    return ' '.join(w[::-1] if len(w) {sign} N else w for w in sentence.split(' '))\n",
        "def turn_words(sentence):\n    import re\n"
        f"    return re.sub(r'[^ ]+', lambda m: ''.join(reversed(m[0])) if len(m[0]) {sign} N else m[0], sentence)\n",
        cases,
        n=n,
    )


def league_points(r: Random) -> Draft:
    win, bonus, streak = r.randrange(2, 5), r.randrange(1, 6), r.randrange(2, 5)
    cases: list[Case] = [("",), ("WWWWWW",), *((text(r, 14, "WWWDL"),) for _ in range(8))]
    return program(
        "points",
        f"`points(results)` gets a string of results, 'W' for a win, 'D' for a draw, 'L' for a loss. A win "
        f"gives {win} points and a draw 1. Each time {streak} wins in a row are complete, {bonus} extra points "
        "are given and the counting of the row starts anew.",
        "def points(results):\n    total = row = 0\n    for c in results:\n        row = row + 1 if c == 'W' else 0\n"
        "        total += WIN if c == 'W' else c == 'D'\n        if row == STREAK:\n            total += BONUS\n            row = 0\n"
        "    return total\n",
        "def points(results):\n    import re\n    rows = sum(len(m) // STREAK for m in re.findall('W+', results))\n"
        "    return results.count('W') * WIN + results.count('D') + rows * BONUS\n",
        cases,
        win=win,
        bonus=bonus,
        streak=streak,
    )


def password(r: Random) -> Draft:
    least, digits, signs = r.randrange(5, 10), r.randrange(1, 4), r.choice(("!?", "#+", "-_"))
    cases: list[Case] = [("",), *((text(r, 12, "aB12" + signs + "x7"),) for _ in range(14))]
    cases += [
        ("aB" * least + "1" * digits + signs,),
        ("a" * least + "123" + signs,),
        ("AB" * 6 + "123" + signs,),
    ]
    return program(
        "is_strong",
        f"`is_strong(password)` returns True if a password has at least {least} characters, at least one "
        f"lower-case and one upper-case letter, at least {digits} digit(s), and at least one of the characters "
        f"{signs[0]} and {signs[1]}; else False.",
        "def is_strong(password):\n    return (len(password) >= LEAST and any(c.islower() for c in password)\n"
        "            and any(c.isupper() for c in password) and sum(c.isdigit() for c in password) >= DIGITS\n"
        "            and any(c in SIGNS for c in password))\n",
        "def is_strong(password):\n    import re\n    if len(password) < LEAST:\n        return False\n"
        "    if not re.search('[a-z]', password) or not re.search('[A-Z]', password):\n        return False\n"
        "    return len(re.findall('[0-9]', password)) >= DIGITS and bool(set(password) & set(SIGNS))\n",
        cases,
        least=least,
        digits=digits,
        signs=signs,
    )


def clock_add(r: Random) -> Draft:
    step = r.randrange(7, 700)
    cases: list[Case] = [("00:00", 1), ("23:59", 1), ("12:30", 0)]
    cases += [(f"{r.randrange(24):02}:{r.randrange(60):02}", r.randrange(12)) for _ in range(7)]
    return program(
        "later",
        f"`later(time, times)` gets a time of day as 'HH:MM' (24 hours) and returns the time of day {step} "
        "minutes later, applied `times` times (0 or more), in the same form; after 23:59 comes 00:00.",
        "def later(time, times):\n    h, m = map(int, time.split(':'))\n    t = (h * 60 + m + STEP * times) % 1440\n"
        "    return f'{t // 60:02}:{t % 60:02}'\n",
        "def later(time, times):\n    from datetime import datetime, timedelta\n"
        "    t = datetime.strptime(time, '%H:%M') + timedelta(minutes=STEP) * times\n    return t.strftime('%H:%M')\n",
        cases,
        step=step,
    )


def robot_walk(r: Random) -> Draft:
    size, x, y = r.randrange(3, 8), 0, 0
    x, y = r.randrange(size), r.randrange(size)
    cases: list[Case] = [("",), ("U" * 20,), *((text(r, 20, "UDLR"),) for _ in range(8))]
    return program(
        "walk",
        f"`walk(moves)` moves a token on a board of {size} by {size} squares with coordinates from (0, 0) "
        f"to ({size - 1}, {size - 1}). It starts at ({x}, {y}). 'R' adds 1 to x, 'L' takes 1 off, 'U' adds 1 "
        "to y, 'D' takes 1 off; a move that would leave the board is skipped. It returns the tuple (x, y).",
        "def walk(moves):\n    x, y = START\n    for m in moves:\n        a, b = x + (m == 'R') - (m == 'L'), y + (m == 'U') - (m == 'D')\n"
        "        if 0 <= a < SIZE and 0 <= b < SIZE:\n            x, y = a, b\n    return (x, y)\n",
        "def walk(moves):\n    place = list(START)\n    for m in moves:\n        axis = m in 'UD'\n"
        "        step = 1 if m in 'RU' else -1\n        place[axis] = min(SIZE - 1, max(0, place[axis] + step))\n"
        "    return tuple(place)\n",
        cases,
        size=size,
        start=(x, y),
    )


def odd_sort(r: Random) -> Draft:
    at, place = r.choice(((0, "first"), (-1, "last")))
    length, sign = r.choice((("shorter", ""), ("longer", "-")))
    back, least = r.choice((True, False)), r.randrange(1, 4)
    order = "reverse alphabetical" if back else "alphabetical"
    flip = "-" if back else ""

    def words() -> list[str]:
        return [text(r, 6, "abc") or "b" for _ in range(r.randrange(8))]

    cases: list[Case] = [([],), *((words(),) for _ in range(9))]
    return program(
        "arranged",
        f"`arranged(words)` returns a list of non-empty lower-case words sorted by their {place} letter in "
        f"{order} order; among words with the same one the {length} first; words equal in both keep their "
        f"order. Words of fewer than {least} letters are left out.",
        f"def arranged(words):\n    kept = [w for w in words if len(w) >= LEAST]\n"
        f"    return sorted(kept, key=lambda w: ({flip}ord(w[{at}]), {sign}len(w)))\n",
        f"def arranged(words):\n    words = sorted(words, key=len, reverse={length == 'longer'})\n"
        f"    words = sorted(words, key=lambda w: w[{at}], reverse={back})\n"
        "    return list(filter(lambda w: not len(w) < LEAST, words))\n",
        cases,
        least=least,
    )


def squeeze(r: Random) -> Draft:
    k = r.randrange(2, 6)
    mark = r.choice(("#", "*", "~"))
    cases: list[Case] = [
        ("",),
        ("aaaaaaaaab",),
        ("abc",),
        *((text(r, 22, "aab"),) for _ in range(8)),
    ]
    return program(
        "squeeze",
        f"`squeeze(text)` replaces each run of at least {k} equal characters by that character, the sign "
        f"{mark} and the length of the run, and leaves shorter runs as they are.",
        "def squeeze(text):\n    from itertools import groupby\n    out = ''\n    for c, run in groupby(text):\n"
        "        n = len(list(run))\n        out += c + MARK + str(n) if n >= K else c * n\n    return out\n",
        "def squeeze(text):\n    import re\n    return re.sub(r'(.)\\1*', lambda m: m[1] + MARK + str(len(m[0])) if len(m[0]) >= K else m[0], text)\n",
        cases,
        k=k,
        mark=mark,
    )


TEMPLATES = (
    drop_every,
    digit_product,
    in_base,
    shift_some,
    common_letter,
    reverse_long,
    league_points,
    password,
    clock_add,
    robot_walk,
    odd_sort,
    squeeze,
)
