"""What strict JSON takes, and what it refuses that Python's reader would take."""

import pytest

from lrs_tracker.strict_json import StrictJsonError, parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": [1, 2.5, "x", null, true], "b": {"a": {}}}', {"a": [1, 2.5, "x", None, True], "b": {"a": {}}}),
        ('"Škoda 寧徳"'.encode(), "Škoda 寧徳"),
        (rb'"\ud83d\ude00"', "\N{GRINNING FACE}"),
        (rb'"\\ud83d"', r"\ud83d"),
        (b"1e308", 1e308),
    ],
)
def test_json_is_read(text, value):
    assert parse(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "This is not valid JSON: look at line 1, column 1."),
        (b'{"a":\n 1,}', "This is not valid JSON: look at line 2, column 3."),
        (b"{'a': 1}", "This is not valid JSON: look at line 1, column 2."),
        (b"1 2", "This is not valid JSON: look at line 1, column 3."),
        (b'\xef\xbb\xbf"a"', "This is not valid JSON: look at line 1, column 1."),
        (b'{"a": NaN}', "NaN is not a number in JSON."),
        (b"[-Infinity]", "-Infinity is not a number in JSON."),
        (b"1e999", "A number is too large."),
        (b"9" * 5000, "A number is too large."),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "The name “c” is given twice in one object."),
        (b"[" * 100_000, "The text is nested too deeply."),
        (b'{"a":' * 100_000, "The text is nested too deeply."),
        (b'"\xff"', "The text is not valid UTF-8."),
        ('"a"'.encode("utf-16"), "The text is not valid UTF-8."),
        (rb'{"a": "\uD83D"}', "The text contains half of a surrogate pair."),
        (rb'{"\udc00": 1}', "The text contains half of a surrogate pair."),
    ],
)
def test_json_is_refused(text, message):
    with pytest.raises(StrictJsonError) as refused:
        parse(text)

    assert str(refused.value) == message
