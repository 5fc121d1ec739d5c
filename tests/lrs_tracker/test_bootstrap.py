"""Making a clone ready on a machine that lacks what most have."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = """
import subprocess, sys
from lrs_tracker import bootstrap
sys.exit(subprocess.run([*bootstrap.npm(), "--version"], env=bootstrap.environment()).returncode)
"""


def test_npm_of_the_python_packages_runs_where_there_is_no_node(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )

    assert (done.stderr, done.returncode) == ("", 0)
    assert int(done.stdout.partition(".")[0]) >= 10
