"""`python -m lrs_client` is `lrs-follow`."""

import sys

from lrs_client.command import run

sys.exit(run())
