"""A check of iCalendar files by the text of RFC 5545, independent of the package that writes them."""

import re
from collections import Counter
from dataclasses import dataclass, field

LINE = re.compile(r'(?P<name>[A-Z0-9-]+)(?P<parameters>(;[A-Z0-9-]+=("[^"]*"|[^";:,]*))*):(?P<value>.*)', re.DOTALL)
TEXT_PROPERTIES = {"SUMMARY", "DESCRIPTION", "NAME", "X-WR-CALNAME", "CATEGORIES"}
UTC = re.compile(r"\d{8}T\d{6}Z")
DATE = re.compile(r"\d{8}")
DURATION = re.compile(r"[+-]?P(\d+W|(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?)")
STATUSES = {"TENTATIVE", "CONFIRMED", "CANCELLED"}
# Each at most once in an event (3.6.1) and an alarm (3.6.6).
ONCE = {
    "VEVENT": [
        "UID",
        "DTSTAMP",
        "DTSTART",
        "DTEND",
        "SUMMARY",
        "DESCRIPTION",
        "URL",
        "SEQUENCE",
        "STATUS",
        "TRANSP",
        "LAST-MODIFIED",
        "CLASS",
    ],
    "VALARM": ["ACTION", "TRIGGER", "DESCRIPTION"],
    "VCALENDAR": ["PRODID", "VERSION", "CALSCALE", "METHOD"],
}
REQUIRED = {
    "VCALENDAR": ["PRODID", "VERSION"],
    "VEVENT": ["UID", "DTSTAMP", "DTSTART"],
    "VALARM": ["ACTION", "TRIGGER", "DESCRIPTION"],
}
PARENTS = {"VCALENDAR": None, "VEVENT": "VCALENDAR", "VALARM": "VEVENT"}


@dataclass
class Component:
    """A component with its properties (name, parameters, value) and the components inside it."""

    name: str
    properties: list[tuple[str, str, str]] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)

    def one(self, name):
        return next(((parameters, value) for known, parameters, value in self.properties if known == name), ("", ""))


def problems_of(content: bytes) -> list[str]:
    """Return what is wrong with a file, in words; nothing for one that keeps to the standard."""
    problems = _lines_wrong(content)
    if problems:
        return problems
    try:
        calendar = _parse(content)
    except ValueError as error:
        return [str(error)]
    problems = _component_wrong(calendar, None)
    uids = Counter(event.one("UID")[1] for event in calendar.parts)
    return problems + [f"UID {uid} stands {count} times" for uid, count in uids.items() if count > 1]


def _lines_wrong(content: bytes) -> list[str]:
    problems = []
    if not content.endswith(b"\r\n"):
        problems.append("the last line has no end")
    if b"\n" in content.replace(b"\r\n", b"") or b"\r" in content.replace(b"\r\n", b""):
        problems.append("a line does not end with CRLF")
    for number, line in enumerate(content.split(b"\r\n"), start=1):
        if len(line) > 75:
            problems.append(f"line {number} has {len(line)} octets")
        if number > 1 and not line.strip() and number < len(content.split(b"\r\n")):
            problems.append(f"line {number} is empty")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return [*problems, "not UTF-8"]
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
        problems.append("a control character")
    return problems


def _parse(content: bytes) -> Component:
    open_components: list[Component] = []
    root = None
    for line in content.decode().replace("\r\n ", "").replace("\r\n\t", "").removesuffix("\r\n").split("\r\n"):
        match = LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"no content line: {line!r}")
        name, value = match["name"], match["value"]
        if root is not None and not open_components:
            raise ValueError("something follows the calendar")
        if name == "BEGIN":
            component = Component(value)
            if open_components:
                open_components[-1].parts.append(component)
            else:
                root = component
            open_components.append(component)
        elif name == "END":
            if open_components.pop().name != value:
                raise ValueError(f"END of {value} out of order")
        else:
            open_components[-1].properties.append((name, match["parameters"], value))
    if root is None or open_components:
        raise ValueError("a component has no end")
    return root


def _component_wrong(component: Component, parent: str | None) -> list[str]:
    name = component.name
    if name not in PARENTS or PARENTS[name] != parent:
        return [f"{name} in {parent}"]
    counts = Counter(known for known, _parameters, _value in component.properties)
    problems = [f"{name} without {wanted}" for wanted in REQUIRED[name] if not counts[wanted]]
    problems += [f"{name} has {once} {counts[once]} times" for once in ONCE[name] if counts[once] > 1]
    for known, _parameters, value in component.properties:
        if known in TEXT_PROPERTIES and re.search(r"(?<!\\)(\\\\)*(\\[^\\;,nN]|[;,]|\\$)", value):
            problems.append(f"{known} is not escaped: {value!r}")
    problems += {"VCALENDAR": _calendar_wrong, "VEVENT": _event_wrong, "VALARM": _alarm_wrong}[name](component)
    return problems + [wrong for part in component.parts for wrong in _component_wrong(part, name)]


def _calendar_wrong(calendar: Component) -> list[str]:
    return [] if calendar.one("VERSION")[1] == "2.0" else ["VERSION is not 2.0"]


def _event_wrong(event: Component) -> list[str]:
    (start_kind, start), (end_kind, end) = event.one("DTSTART"), event.one("DTEND")
    checks = {
        "UID without a host": re.fullmatch(r"[^@\s]+@[^@\s]+", event.one("UID")[1]),
        "DTSTAMP not in UTC": UTC.fullmatch(event.one("DTSTAMP")[1]),
        "LAST-MODIFIED not in UTC": UTC.fullmatch(event.one("LAST-MODIFIED")[1]),
        "DTSTART is no date": start_kind == ";VALUE=DATE" and DATE.fullmatch(start),
        "DTEND is no date": end_kind == ";VALUE=DATE" and DATE.fullmatch(end),
        "DTEND not after DTSTART": end > start,
        "SEQUENCE is no number": event.one("SEQUENCE")[1].isdigit(),
        "STATUS unknown": event.one("STATUS")[1] in STATUSES,
        "TRANSP unknown": event.one("TRANSP")[1] in {"OPAQUE", "TRANSPARENT"},
        "URL is none": not event.one("URL")[1] or re.match(r"https?://\S+$", event.one("URL")[1]),
    }
    return [problem for problem, is_right in checks.items() if not is_right]


def _alarm_wrong(alarm: Component) -> list[str]:
    kind, trigger = alarm.one("TRIGGER")
    problems = [] if alarm.one("ACTION")[1] == "DISPLAY" else ["ACTION is not DISPLAY"]
    if kind not in {"", ";VALUE=DURATION", ";RELATED=START"} or not DURATION.fullmatch(trigger):
        problems.append(f"TRIGGER is not relative: {trigger}")
    return problems
