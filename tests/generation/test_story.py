import re

import pytest

from musiclm_jax.generation import story
from musiclm_jax.generation.prompt import Term


def read(tmp_path, text):
    path = tmp_path / "story.yaml"
    path.write_text(text, encoding="utf-8")
    return story.read(path)


def test_a_story_is_read(tmp_path):
    made = read(
        tmp_path,
        """
prompt: orchestral
negative_prompt: vocals
transition: 2
seed: 7
guidance: 3
spans:
  - {seconds: 15, prompt: time to meditate}
  - {seconds: 12.5, prompt: '"wake up" * 2 - "drums"', transition: 0}
  - {seconds: 5}
""",
    )
    assert made.seconds == 32.5 and made.seed == 7
    assert made.negative_prompt == "vocals" and made.settings.guidance == 3
    assert [span.transition for span in made.spans] == [2.0, 0.0, 2.0]
    whole = Term("text", "orchestral", 0.5)
    assert made.spans[0].prompt.terms == (Term("text", "time to meditate"), whole)
    assert made.spans[1].prompt.terms == (
        Term("text", "wake up", 2.0),
        Term("text", "drums", -1.0),
        whole,
    )
    assert made.spans[2].prompt.terms == (Term("text", "orchestral"),)


def test_a_span_can_show_a_picture(tmp_path):
    text = """spans: [{seconds: 2, prompt: 'image:"a b.jpg" - "drums"'}]"""
    (span,) = read(tmp_path, text).spans
    assert span.prompt.terms[0] == Term("image", "a b.jpg")


def test_a_negative_prompt_needs_no_prompt_of_the_whole(tmp_path):
    text = "negative_prompt: vocals\nspans: [{seconds: 2, prompt: a}]"
    assert read(tmp_path, text).negative_prompt == "vocals"


def test_a_span_alone(tmp_path):
    made = read(
        tmp_path,
        "transition: 1\nspans: [{seconds: 2, prompt: a}, {seconds: 3, prompt: b}]",
    )
    alone = made.alone(2)
    assert alone.seconds == 3.0 and str(alone.spans[0].prompt) == "b"
    with pytest.raises(ValueError, match="there is no span 3: the story has 2"):
        made.alone(3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("spans: [", "story.yaml, line 1: it is not valid YAML"),
        ("- a", "a story must be a table with spans, prompt"),
        ("spans: []", "spans must be a list of at least one span"),
        ("span: 1\nspans: [{seconds: 1, prompt: a}]", "a story has no 'span'; there"),
        ("spans: [{seconds: 1}]", "span 1: it has no prompt, and the story has none"),
        ("spans: [{prompt: a}]", "span 1: it has no seconds: say how long it lasts"),
        (
            "spans: [{seconds: 0, prompt: a}]",
            "span 1: seconds is 0; it must be a number",
        ),
        (
            "spans: [{seconds: 1, prompt: a}, {seconds: 1, prompt: a, start: 0}]",
            "span 2: a span has no 'start'; there are seconds, prompt, transition",
        ),
        (
            "spans: [{seconds: 1, prompt: a, transition: 2}]",
            "span 1: its transition of 2 s is longer than its 1 s",
        ),
        (
            "spans: [{seconds: 1, prompt: '\"a'}]",
            "span 1: the prompt cannot be read at",
        ),
        (
            "spans: [{seconds: 1, prompt: 3}]",
            "span 1: the prompt is 3; it must be text",
        ),
        (
            "seed: x\nspans: [{seconds: 1, prompt: a}]",
            "seed is 'x'; it must be a whole",
        ),
        ("spans: [{seconds: 600, prompt: a}, {seconds: 1, prompt: a}]", "is 601.0; it"),
    ],
)
def test_what_cannot_be_told(tmp_path, text, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        read(tmp_path, text)


def test_no_story(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no story"):
        story.read(tmp_path / "no.yaml")
