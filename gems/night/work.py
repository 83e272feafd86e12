"""The night's steps, in order. A family that fails is named, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from catalog import nights, upkeep
from catalog.database import Catalog
from catalog.scans import Charge
from catalog.words import Verdict
from crawler.crawl import Source, crawl
from crawler.errors import CrawlError
from crawler.presets import Presets
from evaluator.engines.hosted import HostedEngine
from evaluator.fetching import Fetcher
from evaluator.plan import read_paper
from evaluator.scan import run_scan
from evaluator.settings import Settings
from gems.context import hub_name
from gems.errors import roots
from gems.night.clock import Clock
from gems.night.due import Due, due
from gems.night.log import LOG, Telling
from gems.night.recheck import recheck
from gems.night.summary import FamilyNight, Night
from hubs.errors import Refused
from hubs.protocol import Hub
from leaderboard import publish


@dataclass(slots=True)
class Work:
    """One night. engine: made when the first family needs it. settings: for every family."""

    catalog: Catalog
    hub: Hub
    described: Presets
    families: Sequence[str]
    settings: Settings
    out: Path
    clock: Clock
    make_engine: Callable[[], HostedEngine]
    night: Night = field(init=False)
    _engine: HostedEngine | None = field(default=None, init=False)

    def run(self) -> Night:
        """Do all of it. Raises what no family can do without: a suite that can be read."""
        began = datetime.now(UTC)
        self.night = Night(began, [FamilyNight(family) for family in self.families])
        paper = read_paper(self.settings.suite, self.settings.confirm, boxed=self.settings.boxed)
        try:
            self._crawl()
            for here in self._fine():
                with self._named(here):
                    self._look_after(here)
            wanted = []
            for here in self._fine():
                with self._named(here):
                    found = due(self.catalog, here.family, paper, self.settings.engine)
                    if found is not None:
                        here.new = found.fresh
                        wanted.append((here, found))
            # Those with least to do go first: what they leave of their share is for the others.
            wanted.sort(key=lambda pair: pair[1].fresh)
            for place, (here, found) in enumerate(wanted):
                with self._named(here):
                    self._scan(here, found, len(wanted) - place)
        finally:
            if self._engine is not None:
                self._engine.close()
        self._tidy()
        self._publish()
        self.night.ended = datetime.now(UTC)
        return self.night

    def _fine(self) -> list[FamilyNight]:
        return [here for here in self.night.families if not here.fault]

    @contextmanager
    def _named(self, here: FamilyNight) -> Iterator[None]:
        """What fails for one family is written down, and stops no other."""
        faults: tuple[type[Exception], ...] = (*roots(), OSError)
        try:
            yield
        except faults as error:
            here.fault = str(error)
            LOG.error("%s: %s", here.family, error)

    def _crawl(self) -> None:
        """All families together; where one of them is at fault, each for itself."""
        try:
            self._crawl_some(self.families)
            return
        except (CrawlError, Refused) as error:
            if len(self.families) == 1:
                self.night.families[0].fault = str(error)
                LOG.error("%s: %s", self.families[0], error)
                return
        except roots() as error:
            LOG.error("crawl: %s", error)
            for here in self.night.families:
                here.fault = str(error)
            return
        for here in self.night.families:
            with self._named(here):
                self._crawl_some([here.family])

    def _crawl_some(self, families: Sequence[str]) -> None:
        now = datetime.now(UTC)
        telling = Telling("crawling")
        source = Source(self.hub, hub_name())
        report = crawl(
            source, self.catalog, self.described, sorted(families), now=now, told=telling.advance
        )
        LOG.info("crawled %s: %d rows, %d missing", report.strategy, report.rows, report.missing)
        for note in report.notes:
            LOG.warning("crawl: %s", note)

    def _look_after(self, here: FamilyNight) -> None:
        here.gems = len(self._gems(here.family))
        here.gone = recheck(self.hub, self.catalog, here.family, datetime.now(UTC))
        for name in here.gone:
            LOG.warning("%s: %s is gone", here.family, name)

    def _scan(self, here: FamilyNight, why: Due, left: int) -> None:
        LOG.info("%s: scanning (%s)", here.family, why.why)
        if self._engine is None:
            self._engine = self.make_engine()
        settings = replace(self.settings, family=here.family, nightly=True)
        fetcher = Fetcher(self.hub, settings.home / "checkpoints", settings.disk_budget)
        fetcher.out(self._out(here.family))
        before, began = self._gems(here.family), datetime.now(UTC)
        with self.catalog.read() as session:
            costs = nights.begun(session, here.family)
        report = run_scan(
            self.catalog,
            self._engine,
            fetcher,
            settings,
            Telling(here.family),
            self.clock.share(left),
        )
        after = self._gems(here.family)
        with self.catalog.read() as session:
            here.failed = nights.failed_since(session, report["scan"], began)
            verdicts = nights.shown_names(session, report["scan"])
        here.scanned, here.stopped = report["scan"], report["stopped"]
        earlier = costs.get(report["scan"], Charge())  # of a scan that was killed on another night
        here.visited = report["cost"]["loads"] - round(earlier.loads)
        here.queries = report["cost"]["queries"] - earlier.queries
        here.seconds = (datetime.now(UTC) - began).total_seconds()
        here.gems, here.won, here.lost = len(after), sorted(after - before), sorted(before - after)
        here.waiting = sum(v == Verdict.NOT_YET_EVALUATED for v in verdicts.values())
        LOG.info(
            "%s: %d visited, %d queries, %d gems%s",
            here.family,
            here.visited,
            here.queries,
            here.gems,
            "; out of time" if here.stopped else "",
        )

    def _gems(self, family: str) -> set[str]:
        """Names of the family's gems, as its newest scan says."""
        with self.catalog.read() as session:
            newest = nights.newest_of(session, family)
            verdicts = {} if newest is None else nights.shown_names(session, newest.scan_id)
        return {name for name, verdict in verdicts.items() if verdict == Verdict.GEM}

    def _out(self, family: str) -> list[tuple[str, str]]:
        """Commits whose weights lie here, and that the family's newest scan has no use for."""
        with self.catalog.read() as session:
            newest = nights.newest_of(session, family)
            if newest is None:
                return []
            _, out = upkeep.kept_commits(session, *newest)
        return [commit for commit in self.hub.held() if commit in out]

    def _tidy(self) -> None:
        """Drop weights that are out and oddities of long ago, and thin old points of popularity."""
        kept: set[tuple[str, str]] = set()
        out: set[tuple[str, str]] = set()
        with self.catalog.write() as session:
            upkeep.thin_popularity(session, self.night.began.date())
            upkeep.forget_oddities(session, self.night.began)
            for family in self.families:
                newest = nights.newest_of(session, family)
                if newest is not None:
                    stay, go = upkeep.kept_commits(session, *newest)
                    kept |= stay
                    out |= go
        for name, sha in self.hub.held():
            if (name, sha) in out - kept:
                self.hub.forget(name, sha)
                self.night.freed += 1

    def _publish(self) -> None:
        try:
            done = publish(self.catalog, self.out)
        except roots() as error:
            self.night.faults.append(str(error))
            LOG.error("publish: %s", error)
            return
        self.night.pages, self.night.out = done.changed, str(done.out)
        LOG.info("published to %s: %d files changed", done.out, done.changed)
