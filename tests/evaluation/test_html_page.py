"""The report: all figures in it, texts that stay texts, and nothing from elsewhere."""

import base64
import json
import re

import numpy as np
import pytest
import soundfile

from musiclm_jax.evaluation import html_clips, html_figures, html_page, published
from musiclm_jax.evaluation.findings import Clip, Finding, Findings

NASTY = "<script>alert('1')</script> \"quotes\" & <b>bold</b> --> ]]> &amp;"
FIGURES = (
    Finding(measure="FAD (A)", of="true", value=0.0213, low=0.01, high=0.04),
    Finding(measure="FAD (A)", of="generated", value=1.357, better="low"),
    Finding(measure="FAD (B)", of="generated", value=77.7, better="low"),
    Finding(measure="FAD-infinity (A)", of="generated", value=0.678, better="low"),
    Finding(measure="MCC (A)", of="generated", value=-0.246, low=-0.3, high=0.1),
    Finding(measure="loudness", of="codec, 4 levels", value=-1.51, better="near"),
    Finding(measure="KLD", of="generated", value=None, better="low", remark=NASTY),
    Finding(measure="endless", of="generated", value=float("inf")),
)


@pytest.fixture
def sound(tmp_path):
    """Files of four clips; one is silent, and one is not there."""
    tone = 0.2 * np.sin(np.arange(24000 * 3) / 7)
    for name, audio in (("a", tone), ("b", tone), ("c", 0 * tone)):
        soundfile.write(tmp_path / f"{name}.wav", audio, 24000)
    return tmp_path


def clip(name, agreement, /, **changes):
    told = {"name": name, "prompt": f"prompt {name}", "generated": f"{name}.wav"}
    return Clip(**(told | {"true": None, "agreement": agreement} | changes))


CLIPS = (
    clip("c", 0.1, true="missing.wav"),
    clip("a", 0.9, true="b.wav", prompt=NASTY),
    clip("b", 0.5),
    clip("d", 0.6),
)


def made(folder, *, figures=FIGURES, clips=CLIPS, card=None):
    findings = Findings(
        title=NASTY, card=card or {"model": NASTY}, figures=figures, clips=clips
    )
    path = html_page.write(findings, folder)
    assert path == folder / "report.html"
    return path.read_text(encoding="utf-8")


def test_all_figures_are_there_and_texts_stay_texts(sound, read_html):
    read = read_html(made(sound))
    text = " ".join(read.texts)
    for shown in ("0.021", "0.010 to 0.040", "1.36", "77.7", "0.678", "-0.246"):
        assert shown in text
    assert "-0.300 to 0.100" in text and "-1.51" in text and "codec, 4 levels" in text
    for figure in FIGURES:
        assert figure.measure in read.texts
    assert read.texts.count(NASTY) == 4  # title and heading, remark, prompt
    assert {tag for tag, _ in read.elements}.isdisjoint({"script", "link"})
    assert json.dumps(NASTY) in text  # in the card


def test_nothing_is_loaded_from_elsewhere(sound, read_html):
    text = made(sound)
    read = read_html(text)
    sources = [*read.attributes("src"), *read.attributes("href")]
    assert sources and all(source.startswith("data:") for source in sources)
    assert not re.search(r"https?://|url\(|@import", text.replace(NASTY, ""))
    (policy,) = (
        attributes["content"]
        for tag, attributes in read.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'")


def test_the_best_the_median_and_the_worst_are_heard(sound, read_html):
    read = read_html(made(sound))
    sources = [base64.b64decode(s.partition(",")[2]) for s in read.attributes("src")]
    # Of the best both, of the median one; the worst is silent, its true clip not there.
    kinds = [source[:4] for source in sources]
    assert kinds == [b"\x89PNG", b"OggS"] * 3
    text = " ".join(read.texts)
    assert "c.wav" in text and "silent" in text and "missing.wav" in text
    assert str(sound) not in text
    assert "prompt b" in text and "prompt d" not in text


@pytest.mark.parametrize(
    ("agreements", "found"),
    [
        ([], {}),
        ([0.3], {"best": 0.3}),
        ([0.3, 0.7], {"best": 0.7, "worst": 0.3}),
        ([0.3, 0.7, 0.5], {"best": 0.7, "median": 0.5, "worst": 0.3}),
        ([0.1, 0.2, 0.3, 0.4], {"best": 0.4, "median": 0.2, "worst": 0.1}),
    ],
)
def test_which_clips_are_chosen(agreements, found):
    clips = [clip(str(n), agreement) for n, agreement in enumerate(agreements)]
    chosen = html_clips.chosen(clips)
    assert {name: each.agreement for name, each in chosen.items()} == found


def test_without_clips_intervals_or_figures(tmp_path, read_html):
    figures = (Finding(measure="partials kept", of="codec", value=0.5),)
    text = " ".join(read_html(made(tmp_path, figures=figures, clips=())).texts)
    assert "0.500" in text and "Pieces" not in text and "Beside" not in text
    empty = made(tmp_path, figures=(), clips=())
    assert "All figures" not in " ".join(read_html(empty).texts)


def test_the_paper_stands_apart(sound, read_html):
    texts = read_html(made(sound)).texts
    before, text = " ".join(texts).split("Published: measured on MusicCaps")
    assert "not comparable" in text
    for row in published.ROWS:
        for figure in (row.fad_trill, row.fad_vggish, row.kld, row.mcc):
            assert str(figure) in text.partition("All figures")[0]
    # Of two embedders the first counts.
    assert "1.36" in before and "77.7" not in before


def places(element):
    """Of the dot and the ends of the band of one line, in percent."""
    found = {}
    for each in element.iter():
        if each.tag == "circle":
            found["dot"] = float(each.get("cx").rstrip("%"))
        if each.tag == "line" and each.get("class") == "range":
            found["range"] = [float(each.get(x).rstrip("%")) for x in ("x1", "x2")]
    return found


def test_dots_lie_on_one_scale_that_holds_zero():
    figures = [
        Finding(measure="m", of="a", value=5.0, low=2.5, high=10.0),
        Finding(measure="m", of="b", value=0.0),
        Finding(measure="m", of="c", value=-10.0, low=float("nan"), high=1.0),
    ]
    (section,) = html_figures.measures(figures)
    lines = [places(line) for line in section.iter("tr")]
    # From -10 at 2 to 10 at 98.
    assert lines[0] == {"dot": 74.0, "range": [62.0, 98.0]}
    assert lines[1] == {"dot": 50.0}
    assert lines[2] == {"dot": 2.0}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.00"), (0.5, "0.500"), (12.345, "12.3"), (1234.5, "1,234"),
        (-0.0123, "-0.012"), (0.00045, "0.00045"), (None, "-"), (float("nan"), "-"),
        (9.99, "9.99"), (100.0, "100"),
    ],
)  # fmt: skip
def test_numbers(value, text):
    assert html_figures.number(value) == text
