"""Markdown written by users, as HTML that can do no harm."""

import re
from collections.abc import Collection

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

# Headings, pictures and raw HTML are left out: a note is a few paragraphs, and pictures would call other hosts.
_TAGS = frozenset(
    {"a", "b", "blockquote", "br", "code", "del", "em", "hr", "li", "ol", "p", "pre", "s", "strong", "span"}
    | {"table", "tbody", "td", "th", "thead", "tr", "ul"}
)
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}

_parser = (
    MarkdownIt("commonmark", {"html": False, "breaks": True})
    .enable(["table", "strikethrough"])
    .disable(["image", "heading", "lheading", "html_block", "html_inline"])
)

_OPEN = Token("span_open", "span", 1, attrs={"class": "mention"})
_CLOSE = Token("span_close", "span", -1)


def render_markdown(text: str, *, mentions: Collection[str] = ()) -> SafeString:
    """Return Markdown as sanitised HTML; links open in a new tab and give nothing away.

    Each of `mentions` (names or addresses) is set apart where it follows an “@”.
    """
    tokens = _parser.parse(text)
    if mentions:
        _mark_mentions(tokens, mentions)
    clean = nh3.clean(
        _parser.renderer.render(tokens, _parser.options, {}),
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        allowed_classes={"span": {"mention"}},
        url_schemes=_SCHEMES,
        link_rel="nofollow noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return mark_safe(clean)  # noqa: S308  # nh3 has just sanitised it


def _mark_mentions(tokens: list[Token], mentions: Collection[str]) -> None:
    names = "|".join(re.escape(name) for name in sorted(mentions, key=len, reverse=True))
    mention = re.compile(rf"(@(?:{names})(?!\w))", re.IGNORECASE)
    for token in tokens:
        if token.children:
            token.children = [piece for child in token.children for piece in _split(child, mention)]


def _split(token: Token, mention: re.Pattern[str]) -> list[Token]:
    if token.type != "text" or "@" not in token.content:
        return [token]
    pieces = []
    for place, text in enumerate(mention.split(token.content)):
        plain = token.copy(content=text)
        # Splitting by a group leaves the mentions in the odd places.
        pieces += [_OPEN, plain, _CLOSE] if place % 2 else [plain]
    return pieces
