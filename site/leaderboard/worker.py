"""A process that writes pages: `python -m leaderboard.worker`, started by `leaderboard.writing`.

Reads one pickled order from standard input, which comes from the process that started it, and says
a line for each job done: how many pages, and how many files changed.
"""

import pickle
import sys

from catalog.database import Catalog
from leaderboard.writing import Writer


def main() -> None:
    url, shared, old, new, jobs = pickle.load(sys.stdin.buffer)
    writer = Writer(Catalog(url), shared, old, new)
    for kind, part in jobs:
        print(len(part), getattr(writer, kind)(part), flush=True)


if __name__ == "__main__":
    main()
