"""Photographs a recorded page for the documentation: photograph.py PAGE SECONDS PICTURE."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

if len(sys.argv) != 4:
    sys.exit(__doc__)
page, seconds, picture = sys.argv[1:]
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    tab = browser.new_page(viewport={"width": 1280, "height": 1160})
    tab.goto(f"{Path(page).resolve().as_uri()}#t={float(seconds)}")
    tab.screenshot(path=picture)
    browser.close()
