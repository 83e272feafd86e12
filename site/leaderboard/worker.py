"""A process that writes pages: `python -m leaderboard.worker`, started by `leaderboard.writing`.

Reads pickles from standard input, which comes from the process that started it: what a Writer is
made of, then job after job. Says a line for each job done: how many pages, how many files changed.
"""

import pickle
import sys

from catalog.database import Catalog
from leaderboard.writing import Writer


def main() -> None:
    url, shared, old, new = pickle.load(sys.stdin.buffer)
    writer = Writer(Catalog(url), shared, old, new)
    while True:
        try:
            kind, part = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        print(len(part), getattr(writer, kind)(part), flush=True)


if __name__ == "__main__":
    main()
