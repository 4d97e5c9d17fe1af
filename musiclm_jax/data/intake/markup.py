"""HTML and SVG as trees: text is escaped because nothing else can be written."""

import base64
from xml.etree import ElementTree

import numpy as np

from musiclm_jax.data.intake.charts import Histogram, Ranking

Element = ElementTree.Element

# Whatever a caption says, a browser runs and loads nothing but what is in the page.
_POLICY = (
    "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"
)
_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1f; --faint: #6b6b76; --line: #dcdce2;
  --paper: #ffffff; --card: #f6f6f9; --accent: #5b53c6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8ee; --faint: #9a9aa8;
  --line: #34343e; --paper: #16161a; --card: #1f1f26; --accent: #9d96ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; color: var(--ink);
  background: var(--paper); font: 15px/1.5 system-ui, sans-serif; }
"""
_WIDTH, _HEIGHT, _TEXT_HEIGHT = 320, 110, 18


def element(tag: str, *children: Element | str, **attributes: str) -> Element:
    """Returns an element.

    Args:
        tag: its name.
        *children: what it holds, in order.
        **attributes: its attributes; `class_` stands for `class`.
    """
    result = Element(tag, {name.rstrip("_"): v for name, v in attributes.items()})
    for child in children:
        if not isinstance(child, str):
            result.append(child)
        elif len(result):
            result[-1].tail = (result[-1].tail or "") + child
        else:
            result.text = (result.text or "") + child
    return result


def document(title: str, style: str, *body: Element) -> bytes:
    """Returns an HTML file that needs no other, in the colours of all our pages.

    Args:
        title: of the window.
        style: CSS, behind what all pages share.
        *body: what is in it.
    """
    policy = {"http-equiv": "Content-Security-Policy", "content": _POLICY}
    view = {"name": "viewport", "content": "width=device-width,initial-scale=1"}
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", **policy),
        element("meta", **view),
        element("title", title),
        element("style", _STYLE + style),
    )
    root = element("html", head, element("body", *body), lang="en")
    text = ElementTree.tostring(root, encoding="unicode", method="html")
    # Names of files may hold bytes that are no text.
    return f"<!doctype html>\n{text}\n".encode("utf-8", "replace")


def data_uri(kind: str, content: bytes) -> str:
    """Returns what stands for a file, of such a kind as "image/png", in a page."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Element:
    """Returns a table of texts."""
    head = element("tr", *(element("th", cell) for cell in header))
    body = [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    return element("table", element("thead", head), element("tbody", *body))


def figure(title: str, content: Element, note: str = "") -> Element:
    """Returns a chart, or what stands for one, under its title."""
    caption = element("figcaption", title)
    if note:
        caption.append(element("small", f" {note}"))
    return element("figure", caption, content)


def bars(ranking: Ranking) -> Element:
    """Draws how often values occur: a row for each."""
    most = max(ranking.counts.values(), default=1)
    rows = [
        element(
            "div",
            element("span", value, class_="value"),
            element("span", _bar(count / most)),
            element("span", f"{count:,}", class_="count"),
            class_="row",
        )
        for value, count in ranking.counts.items()
    ]
    if ranking.num_others:
        rows.append(element("small", f"and {ranking.num_others:,} others"))
    return element("div", *rows, class_="bars")


def columns(histogram: Histogram, unit: str) -> Element:
    """Draws how numbers are spread: a column a bin, whose numbers show on pointing."""
    edges, counts = histogram.edges, histogram.counts
    most, width = int(counts.max()), _WIDTH / len(counts)
    drawn = []
    for index in np.flatnonzero(counts):
        height = max(counts[index] / most * _HEIGHT, 1.0)
        low, high = edges[index : index + 2]
        drawn.append(
            element(
                "rect",
                element("title", f"{low:g} to {high:g} {unit}: {counts[index]:,}"),
                x=f"{index * width + 0.5:.2f}",
                y=f"{_TEXT_HEIGHT + _HEIGHT - height:.2f}",
                width=f"{max(width - 1, 0.5):.2f}",
                height=f"{height:.2f}",
            )
        )
    base = _TEXT_HEIGHT + _HEIGHT
    middle = edges[len(edges) // 2]
    places = [(edges[0], 0, "start"), (edges[-1], _WIDTH, "end")]
    if len(edges) > 2:
        places.insert(1, (middle, len(edges) // 2 * width, "middle"))
    labels = [
        _text(f"{value:g}", x, base + _TEXT_HEIGHT - 3, anchor)
        for value, x, anchor in places
    ]
    line = element("path", d=f"M0 {base}H{_WIDTH}")
    top = _text(f"{most:,}", 0, _TEXT_HEIGHT - 6, "start")
    box = f"0 0 {_WIDTH} {base + _TEXT_HEIGHT}"
    return element("svg", *drawn, line, top, *labels, viewBox=box, role="img")


def _bar(share: float) -> Element:
    return element("span", class_="bar", style=f"width:{100 * share:.1f}%")


def _text(text: str, x: float, y: float, anchor: str) -> Element:
    place = {"text-anchor": anchor, "x": f"{x:.1f}", "y": f"{y:.1f}"}
    return element("text", text, **place)
