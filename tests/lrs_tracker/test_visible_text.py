"""Names and titles that can be seen."""

import pytest
from django.core.exceptions import ValidationError

from lrs_tracker.problems import DomainError
from lrs_tracker.visible_text import one_line, refuse_unseen, validate_visible


@pytest.mark.parametrize("text", ["\u200b", "\u200b \u2060", "\ufeff", "\u00ad", "\u3164", "\u2800", "\u200d\ufe0f"])
def test_text_without_a_visible_character_is_refused(text):
    with pytest.raises(ValidationError, match="These characters are invisible") as refusal:
        validate_visible(text)
    assert refusal.value.code == "invisible"


@pytest.mark.parametrize("character", [*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
def test_text_that_turns_the_direction_around_is_refused(character):
    with pytest.raises(ValidationError, match="change the direction") as refusal:
        validate_visible(f"Cell {chr(character)}fdp.exe")
    assert refusal.value.code == "bidi"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Northvolt Ett",
        "شركة البطاريات (LFP) 2030",
        "\u200fسوق",
        "מפעל הסוללות",
        "宁德时代",
        "नर्मदा",
        "می\u200cخواهم",
        "❤\ufe0f",
        "👩\u200d🔬",
        "-",
    ],
)
def test_ordinary_text_of_any_script_is_taken(text):
    validate_visible(text)


def test_domain_refusal_names_the_field():
    with pytest.raises(DomainError, match="invisible") as refusal:
        refuse_unseen(" \u200b ", field="title")
    assert (refusal.value.field, refusal.value.code) == ("title", "invisible")


def test_one_line_has_no_breaks_and_control_characters():
    assert one_line("Pay\r\nBcc: all@example.com\u2028now\x00 \t please ") == "Pay Bcc: all@example.com now please"
