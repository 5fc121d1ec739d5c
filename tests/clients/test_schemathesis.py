"""The API against requests made up from its own description: every operation, every check, following links.

CONTRIBUTING.md says how to look deeper.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from accounts.enums import Role
from accounts.models import User
from tests.clients.conftest import token_of

pytestmark = pytest.mark.django_db(transaction=True)

BASE = Path(settings.BASE_DIR)
# How many requests of each operation are made up in depth; at a glance schemathesis.toml says how many.
EXAMPLES = 8
# Who asks in depth with each seed, and of which resources it tries the edges of every single value as well: those are
# thousands of requests, nearly the same ones whatever the seed.
RUNS = [
    (1, Role.ADMINISTRATOR, "tasks"),
    (2, Role.BUSINESS_DEVELOPMENT, "documents"),
    (3, Role.ADMINISTRATOR, "changes|webhooks"),
]


def run_schemathesis(server, key, folder, *options):
    """Run it against the server and return its report, empty when there was nothing to complain of."""
    ran = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            f"--config-file={BASE / 'tests' / 'clients' / 'schemathesis.toml'}",
            "run",
            str(BASE / "docs" / "openapi.yaml"),
            f"--url={server}",
            f"--header=Authorization: Bearer {key}",
            "--no-color",
            *options,
        ],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    return "" if ran.returncode == 0 else ran.stdout[-30_000:] + ran.stderr[-2_000:]


def key_of(role):
    """Return the key of a new token of somebody with a role."""
    return token_of(User.objects.filter(groups__name=role).order_by("pk").first())


@pytest.mark.fuzz
def test_every_operation_is_as_described_at_a_glance(server, demo_desk, tmp_path):
    key = key_of(Role.ADMINISTRATOR)

    report = run_schemathesis(server, key, tmp_path, "--seed=1", "--phases=examples,fuzzing,stateful")

    assert not report, report


@pytest.mark.fuzz
@pytest.mark.parametrize(("seed", "role", "edges"), RUNS)
def test_every_operation_is_as_described_in_depth(server, demo_desk, tmp_path, seed, role, edges):
    key, of_seed = key_of(role), f"--seed={seed}"

    report = run_schemathesis(server, key, tmp_path, of_seed, "--phases=examples,fuzzing", f"--max-examples={EXAMPLES}")
    report += run_schemathesis(server, key, tmp_path, of_seed, "--phases=stateful")
    of_edges = f"--include-path-regex=^/api/v1/({edges})(/|$)"
    report += run_schemathesis(server, key, tmp_path, of_seed, "--phases=coverage", of_edges)

    assert not report, report
