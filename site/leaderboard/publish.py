"""Publishing: which pages there are, which of them are stale, and the folder that holds them."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter

from catalog.database import Catalog, Session
from catalog.reports.popularity import popularity_stamps
from catalog.reports.takeaway import FEW, mend_takeaway, write_takeaway
from catalog.reports.transcripts import Question, Stamp, stamps
from leaderboard.folder import Folder, replacing
from leaderboard.pages.changes import changes_page
from leaderboard.pages.checkpoint import Shared, paths
from leaderboard.pages.data import data_pages, status
from leaderboard.pages.family import family_pages
from leaderboard.pages.fixed import fixed_pages
from leaderboard.pages.front import front
from leaderboard.pages.page import Page, digest
from leaderboard.pages.popularity import popularity_path
from leaderboard.pages.unranked import unranked_pages
from leaderboard.subjects import Subjects
from leaderboard.views import Site, flat, look
from leaderboard.writing import Unmade, Writer, ask, share, write_all

TAKEAWAY = "data/hidden-gems.sqlite"


@dataclass(frozen=True, slots=True)
class Published:
    """out: the folder. pages: of checkpoints. changed: files with new bytes."""

    out: Path
    families: int
    pages: int
    gems: int
    changed: int
    seconds: float


Progress = Callable[[int, int], None]
"""Called with (checkpoint pages done, checkpoint pages to write)."""


def _silent(_done: int, _total: int) -> None:
    """Progress that nobody watches."""


def publish(
    catalog: Catalog,
    out: Path,
    *,
    now: datetime | None = None,
    progress: Progress = _silent,
) -> Published:
    """Write the whole site to `out`, in place of what was published there before.

    Pages whose inputs did not change keep their bytes and modification times. Raises SiteError if
    `out` cannot be used, CatalogError if the catalog cannot.
    """
    started = perf_counter()
    with replacing(out) as folder, catalog.read() as session:
        with _uncollected():
            site = look(session)
            asked = [ask(session, view) for view in site.views]
            answered = stamps(session)
            digests = [
                {s.checkpoint_id: digest(flat(s)) for s in view.standings} for view in site.views
            ]
        changed = sum(_write(folder, page) for page in _small_pages(site, digests, asked))
        changed += folder.put("status.json", status(site, now or datetime.now(UTC)))
        changed += _checkpoints(folder, catalog, session, site, asked, digests, answered, progress)
    return Published(
        out=folder.out,
        families=len(site.main),
        pages=len(site.subjects),
        gems=sum(len(view.gems) for view in site.main),
        changed=changed,
        seconds=perf_counter() - started,
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection: a fifth of the time goes to looking for cycles that are not there."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _small_pages(
    site: Site, digests: list[dict[int, str]], asked: list[list[Question]]
) -> Iterator[Page]:
    yield front(site)
    for view, here in zip(site.views, digests, strict=True):
        yield from family_pages(site, view, here)
    yield from unranked_pages(site)
    yield changes_page(site)
    yield from fixed_pages(site)
    yield from data_pages(site, digests, asked)


def _write(folder: Folder, page: Page) -> int:
    if folder.keep(page.key, page.stamp, page.paths):
        return 0
    return sum(folder.put(path, data) for path, data in page.write())


def _take_away(
    folder: Folder,
    session: Session,
    site: Site,
    asked: list[list[Question]],
    digests: list[dict[int, str]],
    answered: dict[int, Stamp],
    stale: set[int],
) -> int:
    """The SQLite file: kept, mended where a few checkpoints did change, or made anew."""
    shelves = [
        (view.family.slug, view.board, view.standings, questions)
        for view, questions in zip(site.views, asked, strict=True)
        if view.board is not None
    ]
    told = [
        (slug, board.scan_id, [q.hash for q in questions], [s.checkpoint_id for s in standings])
        for slug, board, standings, questions in shelves
    ]
    same_frame = folder.keep(f"{TAKEAWAY}#frame", digest(told), ())
    if folder.keep(TAKEAWAY, digest(told, digests, answered), (TAKEAWAY,)):
        return 0
    path = folder.new / TAKEAWAY
    path.parent.mkdir(parents=True, exist_ok=True)
    once = len(site.subjects) == sum(len(standings) for _, _, standings, _ in shelves)
    if same_frame and once and len(stale) <= FEW and (folder.old / TAKEAWAY).is_file():
        path.unlink(missing_ok=True)
        shutil.copyfile(folder.old / TAKEAWAY, path)
        mend_takeaway(session, path, shelves, stale)
    else:
        write_takeaway(session, path, shelves)
    return 1


def _checkpoints(
    folder: Folder,
    catalog: Catalog,
    session: Session,
    site: Site,
    asked: list[list[Question]],
    digests: list[dict[int, str]],
    answered: dict[int, Stamp],
    progress: Progress,
) -> int:
    series = popularity_stamps(session)
    subjects = Subjects(site, frozenset(series))
    place = {id(view): at for at, view in enumerate(site.views)}
    stale: list[Unmade] = []
    touched: set[int] = set()
    pictures: list[tuple[int, str]] = []
    common = [_common(site, at, asked, digests, answered) for at in range(len(site.views))]
    with _uncollected():
        for repository_id, (view, standing) in site.subjects.items():
            at = place[id(view)]
            address = site.page_of(standing) or ""
            key = standing.checkpoint_id
            stamp = digest(
                digests[at][key], subjects.inputs(at, standing), common[at], answered.get(key)
            )
            if not folder.keep(f"checkpoints/{address}", stamp, paths(address, standing)):
                stale.append((at, partial(subjects.make, at, standing)))
                touched.add(key)
            if repository_id in series:
                picture = popularity_path(address)
                if not folder.keep(picture, digest(series[repository_id]), (picture,)):
                    pictures.append((repository_id, address))
    shared: dict[int, Shared] = {
        at: share(session, site.views[at], asked[at]) for at in {view for view, _ in stale}
    }
    done = 0

    def tick(number: int) -> None:
        nonlocal done
        done += number
        progress(done, len(stale) + len(pictures))

    changed = _take_away(folder, session, site, asked, digests, answered, touched)
    writer = Writer(catalog, shared, folder.old, folder.new)
    return changed + write_all(writer, stale, pictures, tick)


def _common(
    site: Site,
    at: int,
    asked: list[list[Question]],
    digests: list[dict[int, str]],
    answered: dict[int, Stamp],
) -> str:
    """What every page of a view is made from; the scan's number and dates are not among it."""
    view = site.views[at]
    if view.board is None:
        return ""
    board, base = view.board, view.roots[0] if view.roots else None
    return digest(
        (board.suite, board.version, board.engine, board.dtype, board.decoding),
        board.report.get("rungs"),
        view.blocked,
        [(question.hash, question.key) for question in asked[at]],
        None
        if base is None
        else (digests[at][base.checkpoint_id], answered.get(base.checkpoint_id)),
    )
