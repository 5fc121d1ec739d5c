import pytest

from lrs_tracker.markdown import render_markdown


def test_markdown_becomes_html():
    assert render_markdown("**Agreed**\nnext week") == "<p><strong>Agreed</strong><br>\nnext week</p>\n"


def test_links_open_apart_and_give_nothing_away():
    assert render_markdown("[memo](https://example.com)") == (
        '<p><a href="https://example.com" target="_blank" rel="nofollow noopener noreferrer">memo</a></p>\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,AAAA)",
        "![x](https://example.com/pixel.png)",
        "<a href='javascript:alert(1)'>x</a>",
        "<style>body{display:none}</style>",
    ],
)
def test_nothing_harmful_survives(text):
    html = render_markdown(text)

    assert not [word for word in ("<script", "<img", 'href="javascript', 'href="data', "<style") if word in html]


def test_mentions_are_set_apart_but_not_in_code():
    html = render_markdown("ask @maria falk, not `@Maria Falk`", mentions=["Maria Falk"])

    assert html == '<p>ask <span class="mention">@maria falk</span>, not <code>@Maria Falk</code></p>\n'


def test_a_mention_cannot_carry_html():
    html = render_markdown("@<b>x</b>", mentions=["<b>x</b>"])

    assert "<b>" not in html
