"""`manage.py royalty_calc [FILE]`: the what-if calculation on the command line."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from lrs_tracker import strict_json
from royalties.engine.problems import Problem, ScenarioError
from royalties.engine.scenario import calculate_scenario


class Command(BaseCommand):
    """Calculate a scenario without touching the database.

    The answer goes to standard output. A scenario that breaks a rule gives its problems as JSON on standard error,
    nothing on standard output, and exit code 2.
    """

    help = "Calculate the royalty statements of a JSON scenario (a file, or standard input)."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file."""
        parser.add_argument("file", nargs="?", default="-", help="the scenario; standard input, if not given")

    def handle(self, *, file: str, **_options: Any) -> None:
        """Print the answer, or the problems."""
        try:
            answer = calculate_scenario(_read(file))
        except ScenarioError as error:
            errors = [{"field": problem.field, "message": str(problem.message)} for problem in error.problems]
            self.stderr.write(json.dumps({"errors": errors}, ensure_ascii=False, indent=2), style_func=str)
            sys.exit(2)
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))


def _read(file: str) -> object:
    try:
        return strict_json.parse(sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes())
    except (strict_json.StrictJsonError, OSError) as error:
        raise ScenarioError([Problem("", str(error))]) from error
