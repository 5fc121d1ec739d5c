"""The check of iCalendar files finds what it is there to find."""

import pytest

from tests.reminders.rfc5545 import problems_of

GOOD = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Us//EN\r\nBEGIN:VEVENT\r\nUID:a@b\r\nDTSTAMP:20261124T090000Z\r\n"
    "LAST-MODIFIED:20261124T090000Z\r\nDTSTART;VALUE=DATE:20261124\r\nDTEND;VALUE=DATE:20261125\r\nSEQUENCE:0\r\n"
    "STATUS:CONFIRMED\r\nTRANSP:TRANSPARENT\r\nSUMMARY:One\\, two\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\n"
    "TRIGGER:-PT15H\r\nDESCRIPTION:One\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
EVENT = GOOD[GOOD.index("BEGIN:VEVENT") : GOOD.index("END:VCALENDAR")]


def test_right_file_has_no_problems():
    assert problems_of(GOOD.encode()) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("SUMMARY:One", "SUMMARY:" + "x" * 70, "line 13 has 84 octets"),
        ("SUMMARY:One", "SUMMARY:" + "磷" * 22 + "\r\n 酸", "SUMMARY is right"),
        ("VERSION:2.0\r\n", "VERSION:2.0\n", "a line does not end with CRLF"),
        ("One\\, two", "One, two", "SUMMARY is not escaped: 'One, two'"),
        ("One\\, two", "One\\x", "SUMMARY is not escaped: 'One\\\\x'"),
        ("One\\, two", "One\x07", "a control character"),
        ("UID:a@b\r\n", "", "VEVENT without UID"),
        ("UID:a@b\r\n", "UID:a@b\r\nUID:a@b\r\n", "VEVENT has UID 2 times"),
        ("DTSTAMP:20261124T090000Z", "DTSTAMP:20261124T090000", "DTSTAMP not in UTC"),
        ("DTEND;VALUE=DATE:20261125", "DTEND;VALUE=DATE:20261124", "DTEND not after DTSTART"),
        ("DTSTART;VALUE=DATE", "DTSTART", "DTSTART is no date"),
        ("STATUS:CONFIRMED", "STATUS:DONE", "STATUS unknown"),
        ("TRIGGER:-PT15H\r\n", "", "VALARM without TRIGGER"),
        ("TRIGGER:-PT15H", "TRIGGER:yesterday", "TRIGGER is not relative: yesterday"),
        ("PRODID:-//Us//EN\r\n", "", "VCALENDAR without PRODID"),
        ("END:VALARM\r\n", "", "END of VEVENT out of order"),
        ("END:VCALENDAR", f"{EVENT}END:VCALENDAR", "UID a@b stands 2 times"),
    ],
)
def test_wrong_file_is_found(old, new, problem):
    assert old in GOOD
    found = problems_of(GOOD.replace(old, new).encode())
    assert found == [] if problem == "SUMMARY is right" else problem in found
