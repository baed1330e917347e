"""Find a Chromium for the browser tests, or get one: `python tools/browser.py --install`.

In this order: the file named by CHROMIUM, a browser on this machine, the one Playwright downloads,
Debian's package. When there is none, the answer is a failure that says what was tried.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# No sandbox for root, and no calls home, so that a request seen in a test is the page's own.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowser(RuntimeError):
    """No Chromium was found."""


def playwright_browser() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def find() -> str:
    """Path of the Chromium to test with; `NoBrowser` when there is none."""
    asked = os.environ.get("CHROMIUM")
    if asked:
        if not Path(asked).is_file():
            raise NoBrowser(f"CHROMIUM names {asked}, which is no file")
        return asked
    on_machine = [shutil.which(name) for name in NAMES] + [p for p in MACOS if Path(p).is_file()]
    found = next(filter(None, on_machine), None) or playwright_browser()
    if not found:
        raise NoBrowser("no Chromium on this machine; `python tools/browser.py --install` gets one")
    return found


def attempt(tried: list[str], *command: str, seconds: int = 600) -> None:
    print("No browser yet; trying:", " ".join(command), flush=True)
    try:
        status = subprocess.run(
            command,
            timeout=seconds,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        ).returncode
        tried.append(f"`{' '.join(command)}` ended with status {status}")
    except (OSError, subprocess.TimeoutExpired) as error:
        tried.append(f"`{' '.join(command)}`: {error}")


def install() -> str:
    """As `find`, but try Playwright's download and then Debian's package first."""
    tried: list[str] = []
    try:
        return find()
    except NoBrowser:
        attempt(tried, sys.executable, "-m", "playwright", "install", "chromium")
    try:
        return find()
    except NoBrowser:
        if shutil.which("apt-get"):
            rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
            attempt(tried, *rights, "apt-get", "-qq", "update")
            attempt(tried, *rights, "apt-get", "-qq", "-y", "install", "chromium")
    try:
        return find()
    except NoBrowser as none:
        lines = "\n  ".join(tried)
        raise NoBrowser(
            "The browser tests need Chromium and none can be had.\n"
            f"  {lines}\nInstall Chromium or Chrome, or set CHROMIUM to its path."
        ) from none


if __name__ == "__main__":
    try:
        print("Browser:", install() if "--install" in sys.argv[1:] else find())
    except NoBrowser as none:
        sys.exit(str(none))
