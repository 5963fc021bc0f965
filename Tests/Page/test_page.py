"""The page of a cluster in headless Chromium, as a person uses it: found by roles and names.

usage: pytest Tests/Page, with the program in CHAOS_PROGRAM and the browser in CHROMIUM.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
CHAOS = os.environ.get("CHAOS_PROGRAM", str(ROOT / ".build/release/chaos"))
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SIZES = [(360, 800), (1280, 900), (2560, 1440)]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Only pages that were made here are opened, and root has no sandbox.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def recorded(folder: Path, scenario: Path) -> Path:
    page = folder / f"{scenario.stem}.html"
    subprocess.run(
        [CHAOS, "simulate", scenario, "--page", page], check=True, stdout=subprocess.DEVNULL
    )
    return page


@pytest.fixture(scope="session")
def join(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("page"), ROOT / "Instances/scenarios/join.yaml")


def show(
    browser: Browser, path: Path, at: float, size: tuple[int, int] = SIZES[1], scheme: str = "light"
) -> Page:
    """Opens a recording at a time, and fails with whatever the browser complains of."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        offline=True,
    )
    page = context.new_page()
    page.set_default_timeout(120_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{path.as_uri()}#t={at}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert complaints == []
    return page


def test_a_stranger_reads_who_joined(browser: Browser, join: Path) -> None:
    page = show(browser, join, 60)
    expect(
        page.get_by_role("heading", name="A node joins four others during training")
    ).to_be_visible()
    now = page.get_by_role("region", name="Now", exact=True)
    expect(now).to_contain_text("5 members (1, 2, 3, 4 and 5) train")
    expect(now).to_contain_text(
        re.compile(r"5 joined: the state, 3\.97 GiB, came from .* in [0-9.]+ s, planned [0-9.]+ s")
    )
    expect(page.get_by_role("region", name="What is wrong")).to_contain_text("Nothing is wrong.")
    card = page.get_by_role("article", name="Join of 5")
    for source in "1234":
        lane = card.get_by_role("img", name=re.compile(rf"^from {source}: .* planned after"))
        expect(lane).to_be_visible()
    views = page.get_by_role("region", name="Views").get_by_role("row")
    expect(views.filter(has_text="scale-out")).to_have_count(1)
    expect(page.get_by_role("log", name="Log")).to_contain_text("contributes its first gradient")
    expect(page.get_by_role("img", name=re.compile(r"^The network: 5 nodes"))).to_be_visible()


def test_the_state_is_seen_coming(browser: Browser, join: Path) -> None:
    page = show(browser, join, 13)
    expect(page.get_by_role("region", name="Now", exact=True)).to_contain_text("of 3.97 GiB")
    assert page.locator("#graph .link.flow").count() == 4
    assert page.locator("#graph .node.learning").count() == 1
    assert page.locator("#graph .node.training").count() == 4


def test_it_plays_and_winds_back(browser: Browser, join: Path) -> None:
    page = show(browser, join, 0)
    expect(page.get_by_role("region", name="Joins", exact=True)).to_contain_text("Nobody has asked")
    page.get_by_label("Speed").select_option(label="4×")
    # With the keyboard alone.
    page.get_by_role("button", name="Play").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_role("article", name="Join of 5")).to_be_visible()
    page.get_by_role("button", name="Pause").press("Enter")
    scrub = page.get_by_role("slider", name="Time")
    scrub.focus()
    page.keyboard.press("End")
    expect(page.get_by_role("article", name="Join of 5")).to_contain_text("joined")
    page.keyboard.press("Home")
    expect(page.get_by_role("article", name="Join of 5")).to_have_count(0)
    page.keyboard.press("End")
    expect(page.get_by_role("article", name="Join of 5")).to_contain_text("joined")


def test_what_is_wrong_comes_first(browser: Browser, tmp_path: Path) -> None:
    path = recorded(tmp_path, ROOT / "Instances/scenarios/halves.yaml")
    page = show(browser, path, 20)
    wrong = page.get_by_role("region", name="What is wrong")
    expect(wrong).to_contain_text("4, 5 and 6 halted")
    box, network = wrong.bounding_box(), page.get_by_role("region", name="Network").bounding_box()
    assert box is not None
    assert network is not None
    assert box["y"] + box["height"] <= network["y"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sizes(browser: Browser, join: Path, size: tuple[int, int], scheme: str) -> None:
    """Nothing is wider than the window, and no two sections lie on each other."""
    page = show(browser, join, 13, size, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    boxes = [section.bounding_box() for section in page.locator("main > section").all()]
    for k, one in enumerate(boxes):
        for other in boxes[k + 1 :]:
            assert one is not None
            assert other is not None
            assert (
                one["x"] + one["width"] <= other["x"] + 1
                or other["x"] + other["width"] <= one["x"] + 1
                or one["y"] + one["height"] <= other["y"] + 1
                or other["y"] + other["height"] <= one["y"] + 1
            )
    assert len(page.screenshot(full_page=True)) > 20_000


def test_sixty_four_nodes_are_legible(browser: Browser, tmp_path: Path) -> None:
    """No two nodes lie on each other, and each says its id."""
    scenario = tmp_path / "many.yaml"
    founders = list(range(1, 65))
    links = [[a, a % 64 + 1] for a in founders] + [[a, (a + 8) % 64 + 1] for a in founders]
    scenario.write_text(
        "format: chaos-scenario\nversion: 1\n"
        f"founders: {founders}\nnetwork: {{links: {links}}}\n"
        "training: {state: 1000000, gradient: 1000, samples: 6400, batch: 640}\nuntil: 5 s\n"
    )
    page = show(browser, recorded(tmp_path, scenario), 5)
    nodes = page.locator("#graph .node")
    assert nodes.count() == 64
    assert sorted(int(text) for text in nodes.locator("text").all_text_contents()) == founders
    places = page.evaluate(
        """[...document.querySelectorAll('#graph .node')].map((node) => {
             const { e, f } = node.transform.baseVal[0].matrix;
             return [e, f, node.querySelector('circle').r.baseVal.value];
           })"""
    )
    for k, (x, y, radius) in enumerate(places):
        assert radius <= x <= 1000 - radius
        assert radius <= y <= 700 - radius
        for u, v, _ in places[k + 1 :]:
            assert (x - u) ** 2 + (y - v) ** 2 >= (2 * radius) ** 2


def test_real_nodes_are_shown_alike(browser: Browser, tmp_path: Path) -> None:
    """The page of the lab: the same, with institutions and what the nodes have learnt."""
    path = tmp_path / "lab.html"
    scenario = ROOT / "Instances/scenarios/neighbor-dies.yaml"
    subprocess.run(
        [CHAOS, "lab", scenario, "--quiet", "--page", path, "--directory", tmp_path / "lab"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    page = show(browser, path, 10_000)
    expect(page.get_by_role("region", name="Now", exact=True)).to_contain_text(
        re.compile(r"5 of lab first joined: the state, .*, came from .* of lab")
    )
    training = page.get_by_role("region", name="Training")
    for curve in ("Steps a second", "Loss", "Accuracy on the test rows", "Idle time of a member"):
        expect(training.get_by_role("img", name=re.compile(f"^{curve}"))).to_be_visible()
    graph = page.get_by_role("img", name=re.compile(r"^The network"))
    expect(graph).to_contain_text("lab first")
    expect(graph).to_contain_text("lab second")


def test_texts_are_never_markup(browser: Browser, tmp_path: Path) -> None:
    scenario = tmp_path / "hostile.yaml"
    text = (ROOT / "Instances/scenarios/join.yaml").read_text()
    name = "</script><img src=x onerror=alert(1)><b>bold</b>"
    scenario.write_text(re.sub(r"(?m)^name: .*$", f"name: '{name}'", text))
    page = show(browser, recorded(tmp_path, scenario), 60)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert page.locator("img:not([role]), b").count() == 0
