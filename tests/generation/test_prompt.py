import pytest

from musiclm_jax.generation.prompt import Prompt, Term, joined, literal, parse


def text(value, weight=1.0):
    return Term("text", value, weight)


@pytest.mark.parametrize(
    "plain",
    [
        "calm piano",
        "rock 'n' roll, 120 bpm",
        "'90s rock",
        "genre: jazz",
        "mood:calm",
        "audio: hi-fi",
        "image: a city at night",
        'a "quoted" word',
        "rock + roll - drums * 2",
        "-drums",
    ],
)
def test_a_text_is_taken_as_it_stands(plain):
    assert parse(plain) == Prompt((text(plain),))
    assert str(parse(plain)) == plain


@pytest.mark.parametrize(
    ("written", "terms"),
    [
        ('"calm piano"', (text("calm piano"),)),
        ("“calm piano”", (text("calm piano"),)),
        (
            '"calm piano"*0.7 + audio:clip.wav*0.3 - "drums"',
            (
                text("calm piano", 0.7),
                Term("audio", "clip.wav", 0.3),
                text("drums", -1),
            ),
        ),
        ("audio:a/b-c+d.wav", (Term("audio", "a/b-c+d.wav"),)),
        (
            '"calm piano" * 0.5 + image:starry_night.jpg',
            (text("calm piano", 0.5), Term("image", "starry_night.jpg")),
        ),
        ('  audio:"my * song.wav" * 2', (Term("audio", "my * song.wav", 2.0),)),
        ('- "drums" * .5 + "flute"', (text("drums", -0.5), text("flute"))),
        ('"a"+"b"-"c"', (text("a"), text("b"), text("c", -1.0))),
        ('"a" * 0 + "b"', (text("a", 0.0), text("b"))),
    ],
)
def test_a_sum_of_terms(written, terms):
    assert parse(written).terms == terms
    assert parse(str(parse(written))).terms == terms, "written as it is read"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('"a', "at character 1, '\"a': a quote is opened here and never closed"),
        ('"a" "b"', "at character 5, '\"b\"': + or - must stand between terms"),
        ('"a" + ', "at its end: a term must stand here"),
        ('"a" *', "at its end: a weight such as 0.5 must follow *"),
        ('"a" * x', "at character 7, 'x': a weight such as 0.5 must follow *"),
        ('"a" + video:x.mp4', "at character 7, 'video:x.mp4': a term is one of text"),
        ('"a" + audio: ', "at its end: the name of a file must follow audio:"),
        ('"a" + ""', "at its end: a term is empty, before"),
        ('"a" + "b" * 1' + "0" * 400, "at its end: a weight must be finite, before"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(written, said):
    with pytest.raises(ValueError, match="the prompt cannot be read") as error:
        parse(written)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("prompt", "added", "terms"),
    [
        (None, {"image": "a b.jpg"}, (Term("image", "a b.jpg"),)),
        ("jazz", {"image": "a.jpg"}, (text("jazz"), Term("image", "a.jpg"))),
        (
            '"jazz" * 2 - "drums"',
            {"image": "a.jpg"},
            (text("jazz", 2.0), text("drums", -1.0), Term("image", "a.jpg")),
        ),
        (None, {"image_caption": "a calm sea"}, (text("a calm sea"),)),
        (
            "jazz",
            {"image": "a.jpg", "image_caption": "a calm sea"},
            (text("jazz"), text("a calm sea"), Term("image", "a.jpg")),
        ),
    ],
)
def test_a_picture_and_what_is_said_of_it_are_terms(prompt, added, terms):
    assert parse(joined(prompt, **added)).terms == terms


def test_without_a_picture_a_prompt_is_what_it_was():
    assert joined("  jazz ") == "  jazz " and joined(None) is None


@pytest.mark.parametrize("name", ["image", "image_caption"])
@pytest.mark.parametrize("value", [3, " "])
def test_a_picture_that_has_no_name(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value!r}; it must be text"):
        joined("jazz", **{name: value})


@pytest.mark.parametrize(
    "text",
    [
        "calm piano",
        '"Calm" piano',
        '- "drums" and more',
        "audio:clip.wav is no file here",
        "image: none",
        "“Calm” piano",
        "note: slow",
    ],
)
def test_a_literal_is_one_text_however_it_begins(text):
    assert parse(literal(text)).terms == (Term("text", text),)


def test_a_literal_of_both_quotes_keeps_its_words():
    (term,) = parse(literal('"Calm" and “slow”')).terms
    assert (term.kind, term.value) == ("text", '"Calm" and “slow"')
