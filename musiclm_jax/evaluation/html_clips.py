"""Pieces to hear in a page: the best, the median and the worst, beside true clips."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from musiclm_jax.data.intake import charts, pictures, stretch
from musiclm_jax.data.intake.markup import (
    Element,
    columns,
    data_uri,
    element,
    figure,
)
from musiclm_jax.data.sound.audio_files import encode_audio
from musiclm_jax.evaluation.findings import Clip

STYLE = """
article { margin: 0 0 2.5rem; }
article h3 { margin: 0; font-size: 1rem; }
article h3 small { font-weight: 400; }
blockquote { margin: .35rem 0 .9rem; font: 1.15rem/1.4 Georgia, serif;
  overflow-wrap: anywhere; }
.pair { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr)); }
figure { margin: 0; min-width: 0; }
figcaption { display: flex; justify-content: space-between; gap: 1rem;
  margin-bottom: .35rem; color: var(--faint); font-size: .85rem; }
figure img { display: block; width: 100%; height: 8rem; border-radius: 6px; }
figure audio { display: block; width: 100%; height: 40px; margin-top: .5rem; }
.spread { max-width: 24rem; margin-bottom: 2.5rem; }
.spread svg { display: block; width: 100%; fill: var(--accent); }
.spread svg text { fill: var(--faint); font-size: 11px; }
.spread svg path { stroke: var(--line); }
"""

# Of longer pieces the beginning is drawn and played: the page holds all of it.
_MOST_SECONDS = 10.0
_SAMPLE_RATE = 24000


def chosen(clips: Sequence[Clip]) -> dict[str, Clip]:
    """Returns the best, the median and the worst by agreement, if so many are there."""
    ranked = sorted(clips, key=lambda clip: -clip.agreement)
    if len(ranked) > 2:
        places = {"best": 0, "median": len(ranked) // 2, "worst": -1}
    else:
        places = dict(zip(("best", "worst"), range(len(ranked)), strict=False))
    return {name: ranked[place] for name, place in places.items()}


def spread(clips: Sequence[Clip]) -> Element:
    """Draws how the agreement of at least one clip with its prompt is spread."""
    histogram = charts.histogram([clip.agreement for clip in clips])
    drawn = figure("Agreement of prompt and piece", columns(histogram, ""), "by MuLan")
    return element("div", drawn, class_="spread")


def articles(clips: Sequence[Clip], folder: Path) -> Iterator[Element]:
    """Yields what is heard and seen of the chosen clips, whose files a folder has."""
    for name, clip in chosen(clips).items():
        told = f"  agreement {clip.agreement:.2f}, {clip.name}"
        heard = [_heard("generated", folder / clip.generated)]
        if clip.true is not None:
            heard.append(_heard("true clip of this caption", folder / clip.true))
        yield element(
            "article",
            element("h3", name, element("small", told, class_="faint")),
            element("blockquote", clip.prompt),
            element("div", *heard, class_="pair"),
        )


def _heard(what: str, path: Path) -> Element:
    try:
        found = stretch.start(path, seconds=_MOST_SECONDS, sample_rate=_SAMPLE_RATE)
    except (ValueError, OSError) as error:
        # Such as silence: a piece that went wrong is told, and the page is there.
        said = str(error).replace(str(path), path.name, 1)
        return element("figure", element("figcaption", what), element("p", said))
    audio, rate = found.audio, found.sample_rate
    label = element("figcaption", element("span", what))
    label.append(element("span", f"{len(audio) / rate:.1f} s"))
    picture = data_uri("image/png", pictures.spectrogram_png(audio, rate))
    sound = data_uri("audio/ogg", encode_audio(audio, rate, ".ogg"))
    named = {"aria-label": what}
    return element(
        "figure",
        label,
        element("img", src=picture, alt=f"mel spectrogram, {what}"),
        element("audio", src=sound, controls="controls", preload="none", **named),
    )
