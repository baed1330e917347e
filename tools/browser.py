"""Find a Chromium for the browser tests, or get one: `python tools/browser.py --install`.

In this order: the file named by CHROMIUM, a browser on this machine, the one Playwright downloads,
Debian's package where this runs as root. A browser counts only if it starts. When there is none,
the answer is a failure that says what was tried and names the one command to type.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from page_python import node_program

# Playwright's own Node asks for a library, libatomic, that a bare Linux lacks.
os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node_program()))

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
START = 120  # seconds; a first start on a busy machine is slow


class NoBrowser(RuntimeError):
    """No Chromium that starts was found."""


def playwright_browser() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


@cache
def why_not(path: str) -> str | None:
    """Why this browser cannot be used; None if it starts and shows an empty page."""
    with tempfile.TemporaryDirectory() as profile:
        command = [path, "--headless", *FLAGS, f"--user-data-dir={profile}"]
        try:
            done = subprocess.run(
                [*command, "--dump-dom", "about:blank"],
                capture_output=True,
                text=True,
                timeout=START,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
    if done.returncode == 0 and "<html" in done.stdout:
        return None
    last = (done.stderr.strip().splitlines() or ["it showed no page"])[-1]
    return f"status {done.returncode}: {last}"


def find() -> str:
    """Path of the Chromium to test with; `NoBrowser` says what is wrong with those found."""
    asked = os.environ.get("CHROMIUM")
    if asked:
        if not Path(asked).is_file():
            raise NoBrowser(f"CHROMIUM names {asked}, which is no file")
        if problem := why_not(asked):
            raise NoBrowser(f"CHROMIUM names {asked}, which does not start ({problem})")
        return asked
    found = [shutil.which(name) for name in NAMES] + [p for p in MACOS if Path(p).is_file()]
    problems = []
    for path in filter(None, [*found, playwright_browser()]):
        problem = why_not(path)
        if problem is None:
            return path
        problems.append(f"{path} does not start ({problem})")
    raise NoBrowser("; ".join(problems) or "no Chromium on this machine")


def attempt(reason: str, *command: str, seconds: int = 600) -> str:
    """Run a command that may bring a browser; say beforehand what and why, return how it ended."""
    shown = " ".join(command)
    print(f"Browser tests need Chromium: {reason}. Trying: {shown}", flush=True)
    try:
        status = subprocess.run(
            command,
            timeout=seconds,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        ).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"`{shown}`: {error}"
    return f"`{shown}` ended with status {status}"


def to_type() -> str:
    """The one command that gets a browser on this kind of machine."""
    if shutil.which("apt-get"):
        return "sudo apt-get install chromium"
    return "brew install --cask chromium" if sys.platform == "darwin" else "install Chromium"


def install() -> str:
    """As `find`, but try Playwright's download and then, as root, Debian's package first."""
    ways = [[(sys.executable, "-m", "playwright", "install", "chromium")]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        apt = ("apt-get", "-qq")
        ways.append([(*apt, "update"), (*apt, "-y", "install", "chromium")])
    tried: list[str] = []
    for way in ways:
        try:
            return find()
        except NoBrowser as none:
            tried += [attempt(str(none), *command) for command in way]
            why_not.cache_clear()
    try:
        return find()
    except NoBrowser as none:
        lines = "\n  ".join(tried)
        raise NoBrowser(
            f"The browser tests need Chromium and none can be had: {none}.\n  {lines}\n"
            f"Type `{to_type()}`, or set CHROMIUM to the path of one."
        ) from none


if __name__ == "__main__":
    try:
        print("Browser:", install() if "--install" in sys.argv[1:] else find())
    except NoBrowser as none:
        sys.exit(str(none))
