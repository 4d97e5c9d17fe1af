"""Figures as people read them: one scale a measure, a line a figure; and Table 1."""

import math
from collections.abc import Iterator, Sequence

from musiclm_jax.data.intake.markup import Element, element
from musiclm_jax.evaluation import published
from musiclm_jax.evaluation.findings import Finding

STYLE = """
section.measure { margin: 0 0 1.75rem; }
section.measure h3 { margin: 0 0 .2rem; font-size: 1rem; overflow-wrap: anywhere; }
section.measure h3 small { font-weight: 400; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { font-weight: 400; text-align: left; }
td, th { padding: .3rem 0; vertical-align: top; }
.measure tbody th { width: 8.5rem; padding-right: .75rem; overflow-wrap: anywhere; }
.measure td.number { width: 9.5rem; padding-left: .9rem; }
.number b { font-weight: 600; }
.number small { display: block; white-space: nowrap; }
.remark { display: block; color: var(--faint); font-size: .8rem; line-height: 1.35; }
svg.scale { display: block; width: 100%; height: 1.5rem; overflow: visible; }
svg.scale .rail { stroke: var(--line); stroke-width: 1; }
svg.scale .range { stroke: var(--faint); stroke-width: 5; stroke-linecap: round;
  opacity: .4; }
svg.scale circle { fill: var(--faint); }
tr.ours svg.scale circle { fill: var(--accent); }
tr.ours svg.scale .range { stroke: var(--accent); }
tr.ours th, tr.ours b { color: var(--accent); }
tr.ours th { font-weight: 600; }
table.published { margin-top: .5rem; }
.published th, .published td { padding: .4rem .9rem .4rem 0;
  border-bottom: 1px solid var(--line); }
.published thead th, .published .apart th { color: var(--faint); font-size: .85rem; }
.published .apart th { padding-top: 1.4rem; }
.published td small { display: block; color: var(--faint); font-size: .8rem;
  white-space: nowrap; }
@media (max-width: 34rem) {
  .measure tbody th { width: 6.6rem; }
  .measure td.number { width: 7rem; }
  table.published { table-layout: fixed; font-size: .9rem; }
  .published thead td { width: 31%; }
  .published th, .published td { padding-right: .6rem; overflow-wrap: break-word; }
  .published td small { white-space: normal; }
}
"""

_OURS = "generated"
_BETTER = {
    "low": "lower is better",
    "high": "higher is better",
    "near": "near the true clips is better",
}
# Of the places from left to right: a dot and the end of a line are all to be seen.
_INSET = 2.0
_KINDS = ("FAD", "KLD", "MCC")


def measures(figures: Sequence[Finding]) -> Iterator[Element]:
    """Yields, for each measure, its figures on one scale that holds zero."""
    by_measure: dict[str, list[Finding]] = {}
    for figure in figures:
        by_measure.setdefault(figure.measure, []).append(figure)
    for measure, own in by_measure.items():
        known = [
            value
            for figure in own
            for value in (figure.value, figure.low, figure.high)
            if _is_known(value)
        ]
        scale = min([0.0, *known]), max([0.0, *known])
        better = _BETTER.get(own[0].better, own[0].better)
        yield element(
            "section",
            element("h3", measure, element("small", f"  {better}", class_="faint")),
            element("table", element("tbody", *(_line(each, scale) for each in own))),
            class_="measure",
        )


def beside_the_paper(figures: Sequence[Finding]) -> Element | None:
    """Returns a table as the paper's Table 1, or None where nothing would be in it.

    Of several embedders the first counts.
    """
    firsts = {
        kind: next(
            (f.measure for f in figures if f.measure.split()[:1] == [kind]), None
        )
        for kind in _KINDS
    }
    found = {(f.measure, f.of): f for f in figures if f.measure in firsts.values()}
    if not found:
        return None
    ours = dict.fromkeys(of for _, of in found)
    rows = [
        element(
            "tr",
            element("th", of, scope="row"),
            *(_cell(found.get((firsts[kind], of))) for kind in _KINDS),
            class_="ours" if of == _OURS else "other",
        )
        for of in ours
    ]
    heads = [
        element(
            "th", kind, element("small", f" {_BETTER[better].split()[0]}"), scope="col"
        )
        for kind, better in zip(_KINDS, ("low", "low", "high"), strict=True)
    ]
    return element(
        "table",
        element("thead", element("tr", element("td"), *heads)),
        element("tbody", *rows),
        element("tbody", *_published()),
        class_="published",
    )


def number(value: float | None) -> str:
    """Returns a figure with two or three digits; a dash for one that is not known."""
    if not _is_known(value):
        return "-"
    size = math.floor(math.log10(abs(value))) if value else 0
    decimals = 2 - size if size >= -1 else 1 - size
    return f"{value:,.{max(0, decimals)}f}"


def _published() -> Iterator[Element]:
    words = (
        "Published: measured on MusicCaps with other embedders and classifiers. These "
        "figures are not comparable with those above."
    )
    yield element("tr", element("th", words, colspan="4"), class_="apart")
    for row in published.ROWS:
        yield element(
            "tr",
            element("th", row.system, scope="row"),
            element(
                "td",
                str(row.fad_vggish),
                element("small", f"VGGish; Trill {row.fad_trill}"),
            ),
            element("td", str(row.kld)),
            element("td", str(row.mcc)),
        )


def _line(figure: Finding, scale: tuple[float, float]) -> Element:
    said = [element("span", figure.remark, class_="remark")] if figure.remark else []
    return element(
        "tr",
        element("th", figure.of, scope="row"),
        element("td", _drawn(figure, scale), *said),
        _cell(figure, class_="number"),
        class_="ours" if figure.of == _OURS else "other",
    )


def _cell(figure: Finding | None, **attributes: str) -> Element:
    if figure is None:
        return element("td", "-", **attributes)
    parts: list[Element | str] = [element("b", number(figure.value))]
    if _is_known(figure.low) and _is_known(figure.high):
        ends = f"{number(figure.low)} to {number(figure.high)}"
        parts += [" ", element("small", ends)]
    return element("td", *parts, **attributes)


def _drawn(figure: Finding, scale: tuple[float, float]) -> Element:
    parts = [_stroke(0.0, 100.0, "rail")]
    if _is_known(figure.low) and _is_known(figure.high):
        ends = _place(figure.low, scale), _place(figure.high, scale)
        parts.append(_stroke(*ends, "range"))
    if _is_known(figure.value):
        place = f"{_place(figure.value, scale):.2f}%"
        parts.append(element("circle", cx=place, cy="50%", r="5"))
    hidden = {"aria-hidden": "true"}  # the numbers say the same
    return element("svg", *parts, class_="scale", **hidden)


def _stroke(start: float, end: float, kind: str) -> Element:
    return element(
        "line", x1=f"{start:.2f}%", x2=f"{end:.2f}%", y1="50%", y2="50%", class_=kind
    )


def _place(value: float, scale: tuple[float, float]) -> float:
    low, high = scale
    share = (value - low) / (high - low) if high > low else 0.0
    return _INSET + (100.0 - 2 * _INSET) * share


def _is_known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
