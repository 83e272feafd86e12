"""For each program of the core suite a slip that its tests must catch: (right, wrong) text."""

from __future__ import annotations

SLIPS: dict[str, tuple[str, str]] = {
    "code-01": (
        ".lower()",
        "",
    ),
    "code-02": (
        "sorted(set(numbers))",
        "sorted(numbers)",
    ),
    "code-03": (
        "(year % 100 != 0 or year % 400 == 0)",
        "year % 100 != 0",
    ),
    "code-04": (
        "name.split()",
        "name.split(' ')",
    ),
    "code-05": (
        "total, result = 0, []",
        "total, result = 0, [0]",
    ),
    "code-06": (
        "abs(n)",
        "n * (n > 0)",
    ),
    "code-07": (
        "list(dict.fromkeys(items))",
        "sorted(set(items))",
    ),
    "code-08": (
        "max(sentence.split(' '), key=len)",
        "sorted(sentence.split(' '), key=len)[-1]",
    ),
    "code-09": (
        "raise ValueError('low > high')",
        "low, high = high, low",
    ),
    "code-10": (
        "if i % 2 else w",
        "if i % 2 == 0 else w",
    ),
    "code-11": (
        "if runs and runs[-1][0] == c:",
        "if runs and runs[-1][0].lower() == c.lower():",
    ),
    "code-12": (
        "    k %= len(items)\n",
        "",
    ),
    "code-13": (
        "return not open_",
        "return True",
    ),
    "code-14": (
        "sorted(c for c in text.lower() if c.isalpha())",
        "set(c for c in text.lower() if c.isalpha())",
    ),
    "code-15": (
        "+ a[i:] + b[j:]",
        "+ a[i:]",
    ),
    "code-16": (
        "(40, 'XL'), ",
        "",
    ),
    "code-17": (
        "list(column) for column",
        "column for column",
    ),
    "code-18": (
        "n // 3600}",
        "n // 3600 % 24}",
    ),
    "code-19": (
        "if c.islower() else ord('A')",
        "",
    ),
    "code-20": (
        "return groups",
        "return {k: sorted(v) for k, v in groups.items()}",
    ),
    "code-21": (
        "max(end, merged[-1][1])",
        "end",
    ),
    "code-22": (
        "[::-1]",
        "",
    ),
    "code-23": (
        "q = abs(a) // abs(b)\n                stack.append(q if (a < 0) == (b < 0) else -q)",
        "stack.append(a // b)",
    ),
    "code-24": (
        "while p * p <= n:",
        "while p * p < n:",
    ),
    "code-25": (
        "<= width",
        "< width",
    ),
    "code-26": (
        "isinstance(item, list)",
        "isinstance(item, (list, tuple))",
    ),
    "code-27": (
        "while d[j] <= d[i]:",
        "while d[j] < d[i]:",
    ),
    "code-28": (
        "part.partition('=')",
        "part.rpartition('=')",
    ),
    "code-29": (
        "> len(votes)",
        ">= len(votes)",
    ),
    "code-30": (
        "range(1, len(numbers))",
        "range(1, len(numbers) + 1)",
    ),
    "code-31": (
        "previous + (x != y)",
        "previous + 2 * (x != y)",
    ),
    "code-32": (
        "return order if len(order) == len(tasks) else None",
        "return order",
    ),
    "code-33": (
        "bisect_left(tails, number)",
        "__import__('bisect').bisect_right(tails, number)",
    ),
    "code-34": (
        "value += sign * term()",
        "value += sign * total()",
    ),
    "code-35": (
        "range(capacity, weight - 1, -1)",
        "range(weight, capacity + 1)",
    ),
    "code-36": (
        "(y - 1, x), ",
        "",
    ),
    "code-37": (
        "'-' + small",
        "' ' + small",
    ),
    "code-38": (
        "for a in (-1, 0, 1) for b in (-1, 0, 1)]",
        "for a in (-1, 0, 1) for b in (-1, 0, 1) if not a or not b]",
    ),
    "code-39": (
        "                cache[key] = cache.pop(key)\n",
        "                pass\n",
    ),
    "code-40": (
        "            if parts:\n                parts.pop()\n",
        "            parts = parts[:-1] if len(parts) > 1 else parts\n",
    ),
    "code-41": (
        "match(i + 2, j) or (here and match(i, j + 1))",
        "(here and match(i, j + 1)) if here else match(i + 2, j)",
    ),
    "code-42": (
        "end - start < len(best)",
        "end - start <= len(best)",
    ),
    "code-43": (
        "for a, b in edges:",
        "for a, b in set(edges):",
    ),
    "code-44": (
        "left <= x < right",
        "left <= x <= right",
    ),
    "code-45": (
        "'10' <= digits",
        "'01' <= digits",
    ),
    "code-46": (
        "heights + [0]",
        "heights",
    ),
    "code-47": (
        "common[i + 1][j] >= common[i][j + 1]",
        "True",
    ),
    "code-48": (
        "total < after[mask]",
        "total > after[mask]",
    ),
    "code-49": (
        "(i < extra)",
        "(i >= gaps - extra)",
    ),
    "code-50": (
        "digits[:seen[rest]] + '('",
        "'('",
    ),
}
