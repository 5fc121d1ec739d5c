"""Styles of mails: written into each element, as mail programs want it, with a class for what darkness changes.

Mail programs know no variables and few selectors. `styled` writes a class and its light look inline;
`dark_styles` writes the dark look once, for programs that follow the reader's theme. The colours are those of
static/css/tokens.css.
"""

from django import template
from django.template.base import Parser, TextNode, Token
from django.utils.safestring import SafeString

from lrs_tracker.base_url import absolute_url
from reminders.domain.mail_folder import mail_folder

register = template.Library()

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_LIGHT = {
    "page": f"margin:0;padding:0;background-color:#f6f7f9;color:#161a22;{_FONT};font-size:15px;line-height:22px",
    "frame": "width:100%;border-collapse:collapse;background-color:#f6f7f9",
    "column": "padding:24px 12px",
    "card": "width:100%;max-width:600px;border-collapse:separate;border:1px solid #e3e6eb;"
    "border-top:3px solid #2457d6;border-radius:8px;background-color:#ffffff",
    "brand": "padding:16px 24px 0;color:#566070;font-size:13px;font-weight:600",
    "inside": "padding:12px 24px 24px",
    "title": "margin:0;color:#161a22;font-size:20px;line-height:27px;font-weight:600;overflow-wrap:anywhere",
    "group": "padding:20px 0 6px;border-bottom:1px solid #e3e6eb;overflow-wrap:anywhere",
    "heading": "margin:0;color:#161a22;font-size:15px;line-height:21px;font-weight:600",
    "first": "padding:12px 0;overflow-wrap:anywhere",
    "item": "padding:12px 0;border-top:1px solid #eef0f3;overflow-wrap:anywhere",
    "text": "margin:4px 0 0;overflow-wrap:anywhere",
    "muted": "margin:4px 0 0;color:#566070;font-size:13px;line-height:19px;overflow-wrap:anywhere",
    "late": "color:#b3261e;font-weight:600",
    "link": "color:#2457d6;text-decoration:none",
    "plain": "color:#161a22;text-decoration:none",
    "table": "width:100%;border-collapse:collapse;table-layout:fixed",
    "row": "margin:20px 0 12px",
    "footlink": "color:#2457d6;text-decoration:underline",
    "actions": "margin:6px 0 0;font-size:13px;line-height:26px",
    "button": "display:inline-block;padding:9px 18px;border-radius:6px;background-color:#2457d6;color:#ffffff;"
    "font-weight:600;text-decoration:none",
    "foot": "padding:16px 12px 0;max-width:576px;color:#566070;font-size:12px;line-height:18px",
    "hidden": "display:none;max-height:0;overflow:hidden;opacity:0",
}
_DARK = {
    "page": "background-color:#0f1218;color:#e9ecf1",
    "frame": "background-color:#0f1218",
    "card": "background-color:#171b23;border-color:#2a303b;border-top-color:#7ea2ff",
    "brand": "color:#a3acba",
    "title": "color:#e9ecf1",
    "group": "border-color:#2a303b",
    "heading": "color:#e9ecf1",
    "item": "border-color:#21262f",
    "muted": "color:#a3acba",
    "late": "color:#ff8a80",
    "link": "color:#7ea2ff",
    "plain": "color:#e9ecf1",
    "footlink": "color:#7ea2ff",
    "button": "background-color:#7ea2ff;color:#0f1218",
    "foot": "color:#a3acba",
}
# Both looks are ours alone, so they need no escaping.
_ATTRIBUTES = {name: SafeString(f'class="{name}" style="{look}"') for name, look in _LIGHT.items()}
_DARK_RULES = SafeString(
    "".join(f".{name}{{{look.replace(';', ' !important;')} !important}}" for name, look in _DARK.items())
)


@register.tag
def styled(_parser: Parser, token: Token) -> TextNode:
    """Write the class and the inline style of a part of a mail: text of the template, as if it stood there."""
    _tag, name = token.split_contents()
    return TextNode(_ATTRIBUTES[name.strip('"')])


@register.simple_tag
def dark_styles() -> SafeString:
    """Write the rules of the dark look."""
    return _DARK_RULES


@register.simple_tag
def whole(path: str) -> str:
    """Write the whole address of a page of ours."""
    return absolute_url(path)


@register.simple_tag
def has_mail_folder() -> bool:
    """Tell whether mails can be read in the application, as in development."""
    return mail_folder() is not None
