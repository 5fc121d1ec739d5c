"""Every check and test, as `make test` and CI run them. `lint` as an argument leaves the tests out."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.chromium import install_browser

BIN = Path(sys.executable).parent
CHECKS = {
    "format": [BIN / "ruff", "format", "--check", "."],
    "lint": [BIN / "ruff", "check", "."],
    "types": [BIN / "mypy"],
    "templates": [BIN / "djlint", "templates", "--lint", "--quiet"],
    "layers": [BIN / "lint-imports", "--no-cache"],
    "migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment": [sys.executable, "-m", "tests.deployment"],
    "database": [sys.executable, "-m", "tests.prepared_database"],
}
TESTS = [sys.executable, "-m", "pytest", "--numprocesses=2", "--dist=loadgroup", "--quiet"]


def run_check(name: str) -> bool:
    """Run one check and print how it went, with its output when it failed."""
    started = time.monotonic()
    result = subprocess.run(CHECKS[name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    verdict = "ok" if result.returncode == 0 else f"FAILED\n{result.stdout}"
    print(f"{name:11} {time.monotonic() - started:5.1f} s  {verdict}", flush=True)
    return result.returncode == 0


def main(arguments: list[str]) -> int:
    """Run the checks, then the tests; return 1 when anything failed."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        all_passed = all(list(pool.map(run_check, CHECKS)))
    if "lint" in arguments:
        return 0 if all_passed else 1
    install_browser()
    tests_passed = subprocess.run(TESTS, check=False).returncode == 0
    return 0 if all_passed and tests_passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
