"""`gems`, with a note of every batch that its engine was asked.

python -m tests.nightly.tapped FILE scan --family …
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence

from evaluator.engines.hosted import HostedEngine
from evaluator.engines.protocol import Completion, Request
from gems.cli import main as gems


def tap(file: str) -> None:
    """Append a line to `file` before each generation: who is asked what, a hash for each."""
    generate = HostedEngine.generate

    def noted(self: HostedEngine, requests: Sequence[Request]) -> list[Completion]:
        weights = self._loaded
        assert weights is not None
        hashes = []
        for one in requests:
            who = weights.base if one.adapter is None else weights.adapters[one.adapter]
            asked = f"{who} {weights.base} {one.token_ids} {one.max_tokens}"
            hashes.append(hashlib.sha256(asked.encode()).hexdigest()[:16])
        with open(file, "a") as notes:
            notes.write(json.dumps(hashes) + "\n")
        return generate(self, requests)

    HostedEngine.generate = noted  # type: ignore[method-assign]


if __name__ == "__main__":
    tap(sys.argv[1])
    sys.argv[1:] = sys.argv[2:]
    gems()
