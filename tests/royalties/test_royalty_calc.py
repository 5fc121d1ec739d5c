import io
import json
import sys

import pytest
from django.core.management import call_command

from tests.royalties.engine.documents import GWH, document, issue, report


def run(capsys, text, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    code = 0
    try:
        call_command("royalty_calc")
    except SystemExit as exit_:
        code = exit_.code
    return code, *capsys.readouterr()


def test_royalty_calc_answers_on_standard_output(capsys, monkeypatch):
    scenario = document(reports=[report("2026-03", 18 * GWH)], issues=[issue("2026-06-30", "2026-08-01")])

    code, output, errors = run(capsys, json.dumps(scenario).encode(), monkeypatch)

    assert (code, errors) == (0, "")
    assert json.loads(output)["balance"] == {"advance": "0.00", "stated": "28000000.00"}


def test_royalty_calc_reads_a_file(capsys, tmp_path):
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(document()))

    call_command("royalty_calc", str(file))

    answer = json.loads(capsys.readouterr().out)
    assert answer == {"statements": [], "balance": {"advance": "0.00", "stated": "0.00"}}


def test_royalty_calc_refuses_a_scenario_with_its_problems(capsys, monkeypatch):
    scenario = document(agreement={"currency": "XXQ"}, term={"basis": "profit"})

    code, output, errors = run(capsys, json.dumps(scenario).encode(), monkeypatch)

    assert (code, output) == (2, "")
    assert [error["field"] for error in json.loads(errors)["errors"]] == ["agreement.currency", "terms[0].basis"]


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"\xff\xfe\xfd", b'{"a": 1} x', b'{"agreement": NaN}', b'{"a": 1, "a": 2}', b"[" * 100_000],
)
def test_royalty_calc_refuses_what_is_not_json(text, capsys, monkeypatch):
    code, output, errors = run(capsys, text, monkeypatch)

    assert (code, output) == (2, "")
    (error,) = json.loads(errors)["errors"]
    assert error["field"] == ""
    assert error["message"]


def test_royalty_calc_refuses_a_file_that_is_not_there(capsys, tmp_path):
    with pytest.raises(SystemExit) as refused:
        call_command("royalty_calc", str(tmp_path / "nowhere.json"))

    assert refused.value.code == 2
    assert "No such file" in capsys.readouterr().err
