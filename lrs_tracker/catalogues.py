"""Message catalogues by Babel, since Django's own commands need GNU gettext on the machine."""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
APPS = ("lrs_tracker", "accounts", "money", "companies", "plants", "deals", "royalties", "sync")
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "pgettext_lazy": ((1, "c"), 2),
}


def collect_messages() -> Catalog:
    """Return every string of code and templates that wants translating, with the places it comes from."""
    catalogue = Catalog(project="LRS Tracker", charset="utf-8")
    for path, source in _sources():
        for line, message, comments, context in extract(
            "python", io.BytesIO(source.encode()), keywords=KEYWORDS, comment_tags=("Translators:",)
        ):
            place = (str(path.relative_to(ROOT)), line)
            catalogue.add(message, locations=[place], auto_comments=comments, context=context)
    return catalogue


def update_catalogues() -> None:
    """Write locale/django.pot and bring the catalogue of each language up to date with it."""
    template = collect_messages()
    LOCALE.mkdir(exist_ok=True)
    _write(LOCALE / "django.pot", template)
    for path in LOCALE.glob("*/LC_MESSAGES/django.po"):
        catalogue = _read(path)
        catalogue.update(template)
        _write(path, catalogue)


def compile_catalogues() -> None:
    """Write the binary form of each language's catalogue that Django reads."""
    for path in LOCALE.glob("*/LC_MESSAGES/django.po"):
        with open(path.with_suffix(".mo"), "wb") as file:
            write_mo(file, _read(path))


def _sources() -> Iterator[tuple[Path, str]]:
    """Yield each file with its text as Python, which is what Django turns templates into for this purpose."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_text()
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield path, templatize(path.read_text(), origin=str(path))


def _read(path: Path) -> Catalog:
    with open(path, "rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def _write(path: Path, catalogue: Catalog) -> None:
    with open(path, "wb") as file:
        write_po(file, catalogue, width=110, sort_by_file=True, omit_header=False)


if __name__ == "__main__":
    update_catalogues()
    compile_catalogues()
