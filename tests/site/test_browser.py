"""The site in Chromium: it works, with and without its script, for everyone, and calls nobody."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catalog.database import Catalog
from tests.site.made import Made

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Small = tuple[Catalog, Made, Path]
FAMILY = "families/llama-3.1-8b.html"
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@contextmanager
def watched(browser: Browser, **options: object) -> Iterator[Page]:
    """A page that fails the test if it says, asks or requests anything it should not."""
    context = browser.new_context(**options)
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(f"console: {said.text}"))
    page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (troubles.append("dialog"), dialog.dismiss()))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("http://127.0.0.1:", "file:///"))
            else troubles.append(f"request: {request.url}")
        ),
    )
    yield page
    context.close()
    assert troubles == []


def some_pages(folder: Path) -> list[str]:
    """One page of each kind."""
    checkpoints = sorted(str(p.relative_to(folder)) for p in folder.glob("checkpoints/**/*.html"))
    families = sorted(str(p.relative_to(folder)) for p in folder.glob("families/**/*.html"))
    top = sorted(p.name for p in folder.glob("*.html"))
    return [*top, *families[:2], checkpoints[0], checkpoints[-1]]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desk", "phone"])
def test_every_page_opens_quietly_and_fits_its_screen(
    browser: Browser, small: Small, small_url: str, size: dict[str, int]
) -> None:
    with watched(browser, viewport=size) as page:
        for path in some_pages(small[2]):
            page.goto(small_url + path, wait_until="networkidle")
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def test_it_opens_from_the_disk_too(browser: Browser, small: Small) -> None:
    with watched(browser) as page:
        for path in some_pages(small[2]):
            page.goto(f"file://{small[2]}/{path}")
            assert page.locator("h1").is_visible()
            colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert colour == "rgb(252, 252, 249)", "the style sheet was refused"


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desk", "phone"])
def test_hostile_strings_run_nothing_and_break_no_layout(
    browser: Browser, attacked: Path, attacked_url: str, size: dict[str, int]
) -> None:
    every = sorted(str(p.relative_to(attacked)) for p in attacked.rglob("*.html"))
    with watched(browser, viewport=size) as page:
        for path in every:
            page.goto(attacked_url + path)
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
            assert page.evaluate("window.pwned") is None
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
            assert page.evaluate("document.querySelector('h1').offsetHeight") < 500, path
            assert page.locator("footer").is_visible()


def test_sorting_searching_and_filtering_are_kept_in_the_address(
    browser: Browser, small: Small, small_url: str
) -> None:
    with watched(browser, viewport=WIDE) as page:
        page.goto(small_url + FAMILY)
        page.get_by_role("button", name="Downloads").click()
        assert "sort=-downloads" in page.url
        head = page.locator("th[aria-sort]")
        assert head.get_attribute("data-key") == "downloads"
        assert head.get_attribute("aria-sort") == "descending"
        shown = page.locator("table[data-board] tbody:not(.out) tr td[data-s]:nth-of-type(n+9)")
        assert shown.count() > 0
        first = page.locator("table[data-board] tbody tr[data-c] th").first.inner_text()
        assert "Llama-3.1-8B" in first
        page.get_by_label("Search").fill("math")
        page.get_by_label("Verdict").select_option("eliminated")
        assert "q=math" in page.url
        assert "verdict=eliminated" in page.url
        kept = page.url
        rows = page.locator("tr[data-c]:visible")
        number = rows.count()
        assert 0 < number < 60
        assert page.locator("[data-count]").inner_text() == f"{number} of 60 checkpoints"
        page.goto("about:blank")
        page.goto(kept)
        assert page.locator("tr[data-c]:visible").count() == number
        page.get_by_role("button", name="Clear").click()
        page.wait_for_function("document.querySelectorAll('tr[data-c][hidden]').length === 0")
        assert "?" not in page.url


def test_a_category_sorts_by_its_scores(browser: Browser, small_url: str) -> None:
    with watched(browser, viewport=WIDE) as page:
        page.goto(small_url + FAMILY + "?category=c2")
        page.wait_for_selector("th[aria-sort=descending]")
        assert page.locator("th[aria-sort]").inner_text().startswith("maths")
        cells = page.locator("table[data-board] tbody:not(.out) tr td:nth-child(8)")
        scores = [float(cell) for cell in cells.all_inner_texts()]
        assert scores == sorted(scores, reverse=True)


def test_it_works_without_scripts(browser: Browser, small: Small, small_url: str) -> None:
    with watched(browser, java_script_enabled=False, viewport=WIDE) as page:
        page.goto(small_url + FAMILY)
        assert page.locator("tr[data-c]").count() == 60
        assert not page.locator("form").is_visible()
        assert page.locator("svg.scatter").is_visible()
        page.goto(small_url + "compare.html")
        assert page.get_by_text("needs its script").is_visible()


def test_two_checkpoints_are_compared_prompt_by_prompt(
    browser: Browser, small: Small, small_url: str
) -> None:
    with watched(browser, viewport=WIDE) as page:
        gem = page_of_a_gem(small[2])
        page.goto(small_url + gem)
        page.get_by_role("link", name="Compare", exact=True).last.click()
        page.get_by_role("heading", name="Prompt by prompt").wait_for()
        assert page.locator("[data-result] table").count() == 2
        rows = page.locator("[data-result] table").last.locator("tbody tr")
        assert rows.count() == 48
        page.get_by_label("First").fill("../../status.json?")
        page.get_by_role("button", name="Compare").click()
        assert "not known" in page.locator("[data-count]").inner_text()


def page_of_a_gem(folder: Path) -> str:
    board = json.loads((folder / "data/families/llama-3.1-8b.json").read_text())["leaderboard"]
    return str(next(row["page"] for row in board if row["verdict"] == "gem"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    browser: Browser, small: Small, small_url: str, tools: Path, scheme: str
) -> None:
    axe = (tools / "axe-core" / "axe.min.js").read_text()
    gem = page_of_a_gem(small[2])
    for size, paths in ((WIDE, [*some_pages(small[2]), gem]), (PHONE, [FAMILY, gem])):
        # The site's policy would refuse axe itself.
        with watched(browser, viewport=size, color_scheme=scheme, bypass_csp=True) as page:
            for path in paths:
                page.goto(small_url + path, wait_until="networkidle")
                page.evaluate("document.querySelectorAll('details').forEach((d) => {d.open=true})")
                page.add_script_tag(content=axe)
                found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
                told = [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]]
                assert told == [], path


def test_html_is_valid(small: Small, attacked: Path, tools: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"root": True, "extends": ["html-validate:standard"]}))
    checker = tools / "html-validate" / "bin" / "html-validate.mjs"
    for folder in (small[2], attacked):
        done = subprocess.run(
            ["node", checker, "--config", settings, *some_pages(folder)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
