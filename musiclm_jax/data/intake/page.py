"""One page to look at a data set by: a single file, which needs no network."""

import collections
import dataclasses
from collections.abc import Iterator, Sequence

from musiclm_jax.data.intake import charts
from musiclm_jax.data.intake.description import Description, LeftOut
from musiclm_jax.data.intake.markup import (
    Element,
    bars,
    columns,
    data_uri,
    document,
    element,
    figure,
    table,
)

_STYLE = """
body { max-width: 72rem; }
h1 { margin: 0; font-size: 1.7rem; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.15rem; }
small, .faint { color: var(--faint); font-weight: normal; }
.grid { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); }
.clips { grid-template-columns: repeat(auto-fill, minmax(min(28rem, 100%), 1fr)); }
.facts { display: flex; flex-wrap: wrap; gap: .75rem 2.25rem; margin: 1.25rem 0; }
.facts b { display: block; font-size: 1.3rem; }
figure, article { margin: 0; padding: .9rem 1rem; min-width: 0; border-radius: 8px;
  background: var(--card); overflow-wrap: anywhere; }
figcaption { margin-bottom: .5rem; font-weight: 600; }
svg { display: block; width: 100%; fill: var(--accent); }
svg text { fill: var(--faint); font-size: 11px; }
svg path { stroke: var(--line); }
.row { display: grid; gap: .6rem; align-items: center;
  grid-template-columns: 8.5rem 1fr 3.5rem; }
.value { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bar { display: block; height: .7rem; border-radius: 2px;
  background: var(--accent); }
.count { color: var(--faint); text-align: right; font-variant-numeric: tabular-nums; }
.wide { margin-top: 1rem; overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .25rem 1.25rem .25rem 0; border-bottom: 1px solid var(--line);
  text-align: left; vertical-align: top; }
article img { display: block; width: 100%; height: 9rem; border-radius: 4px; }
article audio { width: 100%; margin: .5rem 0; }
article p { margin: .35rem 0; }
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Head:
    """What a page is of.

    Attributes:
        name: of the data set.
        folder: in which it lies.
        splits: split -> clips in it.
        split: the one that is described.
        sample_rate: in Hz.
        notes: sentences about the whole set, such as how many recordings it is made of.
    """

    name: str
    folder: str
    splits: dict[str, int]
    split: str
    sample_rate: int
    notes: Sequence[str] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Card:
    """A clip to look at and listen to.

    Attributes:
        name: of the clip.
        notes: lines about it, such as its level.
        captions: of it.
        aspects: of it.
        picture: a PNG file.
        sound: a file of `sound_type`.
        sound_type: as browsers name it, such as "audio/ogg".
    """

    name: str
    notes: Sequence[str]
    captions: Sequence[str]
    aspects: Sequence[str]
    picture: bytes
    sound: bytes
    sound_type: str


def render(
    head: Head,
    description: Description,
    left_out: LeftOut | None,
    cards: Sequence[Card],
) -> bytes:
    """Returns the page as an HTML file.

    Args:
        head: what it is of.
        description: of the clips that were looked at.
        left_out: what the data set does not have; None if nobody kept account.
        cards: some of the clips.
    """
    title = f"{head.name}: {head.split}"
    return document(
        title,
        _STYLE,
        *_head(head, description),
        element("h2", "Left out"),
        *_left_out(left_out),
        element("h2", "Sound"),
        element("div", *_sound(description), class_="grid"),
        element("h2", "Words"),
        element("div", *_words(description), class_="grid"),
        *_fields(description),
        element("h2", "Clips", element("small", _how_many(cards, head))),
        element("div", *map(_card, cards), class_="grid clips"),
    )


def _head(head: Head, description: Description) -> Iterator[Element]:
    num_clips, looked_at = head.splits[head.split], len(description.seconds)
    seconds = sum(description.seconds) / looked_at * num_clips
    about = "" if looked_at == num_clips else "about "
    without = description.captions[0]
    facts = {
        f"clips in {head.split}": f"{num_clips:,}",
        "of sound": f"{about}{_duration(seconds)}",
        "sample rate": f"{head.sample_rate:,} Hz",
        "have no caption": f"{without / looked_at:.1%}",
        "reach full scale": f"{description.num_at_full_scale / looked_at:.1%}",
    }
    yield element("h1", head.name, element("small", f" {head.split}"))
    yield element("p", head.folder, class_="faint")
    yield element(
        "div",
        *(element("div", element("b", v), k) for k, v in facts.items()),
        class_="facts",
    )
    yield table(
        ("split", "clips"), [(name, f"{n:,}") for name, n in head.splits.items()]
    )
    if about:
        words = (
            f"Of {num_clips:,} clips, {looked_at:,} were looked at, chosen at random."
        )
        yield element("p", words)
    for note in head.notes:
        yield element("p", note)


def _left_out(left_out: LeftOut | None) -> Iterator[Element]:
    if left_out is None:
        yield element("p", "No list of what was left out lies beside this data set.")
        return
    total = sum(left_out.kinds.values())
    if not total:
        yield element("p", "Nothing was left out.")
        return
    yield element(
        "div", figure(f"{total:,} by kind", _drawn(left_out.kinds)), class_="grid"
    )
    listed = len(left_out.first)
    if listed < total:
        yield element("p", f"The first {listed:,} of {total:,}:")
    rows = table(("name", "kind", "reason"), left_out.first)
    yield element("div", rows, class_="wide")


def _sound(description: Description) -> Iterator[Element]:
    for title, numbers, unit in (
        ("Length", description.seconds, "s"),
        ("Peak", description.peak_db, "dB of full scale"),
        ("RMS", description.rms_db, "dB of full scale"),
    ):
        yield figure(title, columns(charts.histogram(numbers), unit), f"in {unit}")


def _words(description: Description) -> Iterator[Element]:
    most = max(description.captions)
    counts = {str(n): description.captions[n] for n in range(most + 1)}
    ranking = charts.Ranking(counts=counts, num_others=0)
    yield figure("Captions of a clip", bars(ranking), "clips that have so many")
    if description.caption_words:
        spread = charts.histogram(description.caption_words)
        yield figure("Words of a caption", columns(spread, "words"))
        note = "captions that have it; without a, the, of ..."
        yield figure("Words", _drawn(description.words), note)
    if description.aspects:
        note = "clips that have it"
        yield figure("Aspects", _drawn(description.aspects), note)


def _fields(description: Description) -> Iterator[Element]:
    drawn, others = [], []
    # What is said of genres is looked for first.
    names = sorted(description.fields, key=lambda name: "genre" not in name.lower())
    for name in names:
        chart = charts.chart(description.fields[name])
        if isinstance(chart, charts.Histogram):
            drawn.append(figure(name, columns(chart, "")))
        elif chart is not None and chart.counts:
            drawn.append(figure(name, bars(chart)))
        else:
            others.append(name)
    if drawn or others:
        yield element("h2", "Fields")
    yield element("div", *drawn, class_="grid")
    if others:
        words = f"Values that hardly repeat, or none: {', '.join(others)}."
        yield element("p", words, class_="faint")


def _how_many(cards: Sequence[Card], head: Head) -> str:
    num_clips = head.splits[head.split]
    if len(cards) == num_clips:
        return f" all {num_clips:,}"
    return f" {len(cards):,} of {num_clips:,}, chosen at random"


def _card(card: Card) -> Element:
    return element(
        "article",
        element("img", src=data_uri("image/png", card.picture), alt="mel spectrogram"),
        element(
            "audio",
            src=data_uri(card.sound_type, card.sound),
            controls="controls",
            preload="none",
        ),
        element("b", card.name),
        *(element("p", note, class_="faint") for note in card.notes),
        *(element("p", caption) for caption in card.captions),
        element("p", element("small", ", ".join(card.aspects))),
    )


def _drawn(counts: collections.Counter[str]) -> Element:
    return bars(charts.ranking(counts))


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:,.2f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"
