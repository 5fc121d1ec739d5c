"""The browser of the tests: Debian's headless Chromium, else an installed Chromium or Chrome, else Playwright's own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# The same engine without the windows: a new context costs it a quarter of the work.
HEADLESS_SHELL = "chromium-headless-shell"
NAMES = (HEADLESS_SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",  # root and most containers cannot have one
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
]


def find_browser() -> str | None:
    """Return the path of an installed Chromium or Chrome, or of Playwright's own; None when there is neither."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install_browser() -> None:
    """Install the headless shell as root on Debian, and some browser where there is none."""
    if shutil.which(HEADLESS_SHELL):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install_package(HEADLESS_SHELL)
        if not find_browser():
            install_package("chromium")
    if not find_browser():
        print("Installing Chromium for the browser tests ...", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


def install_package(name: str) -> None:
    """Install a Debian package where it can be had; soon give up on a network that does not answer."""
    print(f"Installing {name} for the browser tests ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    options = ["-qq", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=10"]
    for command in (["update"], ["install", "--yes", "--no-install-recommends", name]):
        subprocess.run(["apt-get", *options, *command], env=environment, capture_output=True, check=False)
