"""Turning the bytes of a text file into text, and saying which encoding that took."""

import codecs
import re

from django.utils.translation import gettext as _

from deals.domain.imports.problems import HEADING_ROW, FileUnusableError, Problem, Severity

# The longer marks first: that of UTF-16 LE begins that of UTF-32 LE.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_CODECS = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "gb18030": "gb18030",
    "latin-1": "cp1252",
}
# By the name that a map gives, how it is written.
ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030", "latin-1": "Latin-1"}
# What files of other kinds begin with, and what to call them.
_OTHER_KINDS = (
    (b"PK\x03\x04", "ZIP / XLSX"),
    (b"%PDF", "PDF"),
    (b"\xd0\xcf\x11\xe0", "XLS / DOC"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\x1f\x8b", "GZIP"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"\x7fELF", "ELF"),
    (b"MZ\x90", "EXE"),
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_MULTIBYTE = re.compile(rb"[\x80-\xff]+")


def decode(content: bytes, encoding: str = "") -> tuple[str, str, list[Problem]]:
    """Return the text, the name of its encoding, and a warning when that had to be inferred.

    UTF-8 and what carries a byte order mark are certain. Anything else is read as GB18030 when its
    bytes come in pairs as Chinese text has them, else as Latin-1 (Windows-1252). Raise
    FileUnusableError for what is no text, or not in the `encoding` that was asked for.
    """
    for start, kind in _OTHER_KINDS:
        if content.startswith(start):
            raise FileUnusableError(_("This is not a text file but %(kind)s.") % {"kind": kind})
    if encoding:
        return _decode_as(content, encoding), ENCODINGS[encoding], []
    for mark, codec, name in _MARKS:
        if content.startswith(mark):
            return _decode_strictly(content, codec, name), name, []
    if guess := _unmarked_utf16(content):
        return _decode_strictly(content, guess, "UTF-16"), "UTF-16", []
    if len(_CONTROLS.findall(content, 0, 65_536)) > max(8, len(content[:65_536]) // 50):
        raise FileUnusableError(_("This is not a text file."))
    try:
        return content.decode("utf-8"), "UTF-8", []
    except UnicodeDecodeError:
        return _decode_legacy(content)


def _decode_as(content: bytes, encoding: str) -> str:
    if encoding not in _CODECS:
        raise FileUnusableError(
            _("“%(name)s” is not one of the encodings %(known)s.")
            % {"name": encoding[:40], "known": ", ".join(ENCODINGS)}
        )
    return _decode_strictly(content, _CODECS[encoding], ENCODINGS[encoding])


def _decode_strictly(content: bytes, codec: str, name: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileUnusableError(
            _("The file is not in %(name)s: line %(line)s cannot be read.") % {"name": name, "line": line}
        ) from None


def _unmarked_utf16(content: bytes) -> str:
    head = content[:2000]
    if len(head) < 4 or not head.strip(b"\0"):
        return ""
    if head[1::2].count(0) > len(head) * 0.4:
        return "utf-16-le"
    return "utf-16-be" if head[::2].count(0) > len(head) * 0.4 else ""


def _decode_legacy(content: bytes) -> tuple[str, str, list[Problem]]:
    name = "GB18030" if _looks_chinese(content) else "Latin-1"
    try:
        text = content.decode("gb18030" if name == "GB18030" else "cp1252")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    message = _(
        "The file is not UTF-8; it was read as %(name)s. If letters look wrong, save it as UTF-8 or give the encoding."
    )
    return text, name, [Problem(HEADING_ROW, "", Severity.WARNING, message % {"name": name})]


def _looks_chinese(content: bytes) -> bool:
    """Tell GB18030 from Latin-1, which decodes any bytes.

    Common Chinese characters are pairs of high bytes (GB 2312), so runs of high bytes have an even
    length; in western text an accented letter mostly stands alone between plain ones.
    """
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return False
    runs = _MULTIBYTE.findall(content, 0, 1_000_000)
    paired = sum(1 for run in runs if len(run) % 2 == 0 and min(run) >= 0xA1)
    return paired >= 0.8 * len(runs)
