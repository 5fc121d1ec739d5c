"""The repository's own promises: locks, layers, commands."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = ["requirements.txt", "requirements-dev.txt"]


@pytest.mark.parametrize("name", LOCKS)
def test_lock_pins_each_package_by_hash_and_names_no_registry(name: str) -> None:
    text = (ROOT / name).read_text()
    blocks = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL | re.IGNORECASE)
    assert [block.split()[0] for block in blocks if "==" not in block or "--hash=sha256:" not in block] == []
    assert re.findall(r"https?://\S*|--(?:extra-)?index-url|--find-links|--trusted-host", text) == []


def test_npm_lock_pins_each_package_by_hash_and_names_no_registry() -> None:
    text = (ROOT / "package-lock.json").read_text()
    assert re.findall(r'"resolved": *"[^"]*"', text) == []


@pytest.mark.parametrize("name", ["requirements.in", "requirements-dev.in"])
def test_each_dependency_says_what_it_is_for(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-c"))]
    assert [line for line in lines if not re.search(r"  # \w", line)] == []


def test_help_lists_the_commands() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    names = [line.split()[1] for line in shown.splitlines()]
    assert names == ["run", "test", "fuzz", "bench", "lint", "format", "requirements", "messages", "clean", "help"]
