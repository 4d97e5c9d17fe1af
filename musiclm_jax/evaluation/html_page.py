"""An evaluation as a page to look at and listen to: one file, without a network."""

import json
from collections.abc import Iterator
from pathlib import Path

from musiclm_jax.data.intake.markup import Element, document, element
from musiclm_jax.evaluation import html_clips, html_figures
from musiclm_jax.evaluation.findings import Findings
from musiclm_jax.files import whole_files

PAGE = "report.html"
"""Name of the file, in the folder of the report."""

_STYLE = f"""
body {{ max-width: 52rem; }}
h1 {{ margin: 1rem 0 .25rem; font-size: 1.7rem; line-height: 1.2; }}
h2 {{ margin: 3.25rem 0 1rem; font-size: 1.25rem; }}
small, .faint {{ color: var(--faint); }}
p {{ margin: .35rem 0 1.25rem; }}
{html_figures.STYLE}{html_clips.STYLE}
details {{ margin-top: 3.25rem; border-top: 1px solid var(--line); padding-top: 1rem; }}
summary {{ cursor: pointer; font-weight: 600; }}
pre {{ overflow-x: auto; padding: 1rem; border-radius: 8px; background: var(--card);
  font-size: .8rem; line-height: 1.45; }}
"""


def write(findings: Findings, folder: Path) -> Path:
    """Writes the page into the folder of a report.

    Args:
        findings: whose clips' files lie in the folder; sound that cannot be read is
            told of in its place.
        folder: of the report.

    Returns:
        The file.

    Raises:
        OSError: it cannot be written.
    """
    path = folder / PAGE
    content = document(findings.title, _STYLE, *_body(findings, folder))
    whole_files.write(path, content)
    return path


def _body(findings: Findings, folder: Path) -> Iterator[Element]:
    yield element("h1", findings.title)
    what = "A dot is a figure, and the band around it where it may lie by chance."
    yield element("p", what, class_="faint")
    table = html_figures.beside_the_paper(findings.figures)
    if table is not None:
        yield element("h2", "Beside the paper")
        yield table
    if findings.figures:
        yield element("h2", "All figures")
        yield from html_figures.measures(findings.figures)
    if findings.clips:
        yield element("h2", "Pieces")
        yield html_clips.spread(findings.clips)
        yield from html_clips.articles(findings.clips, folder)
    card = json.dumps(findings.card, ensure_ascii=False, indent=2)
    yield element(
        "details",
        element("summary", "What was measured, how and on what"),
        element("pre", card),
    )
