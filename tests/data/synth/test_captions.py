"""Captions say what is in the clip, in many words, and the same again for one seed."""

import re

import numpy as np
import pytest

from musiclm_jax.data.synth import piece as pieces
from musiclm_jax.data.synth.captions import aspects, write_captions
from musiclm_jax.data.synth.pen import is_claim_true, with_article
from musiclm_jax.data.synth.piece import DrumHit, Piece
from musiclm_jax.data.synth.style_words import STYLE_WORDS
from musiclm_jax.data.synth.words import DRUM_WORDS, TIMBRE_WORDS

GUITARS = {"acoustic guitar", "electric guitar", "distorted guitar", "bass guitar"}
BOWED = {"violin", "cello", "string section"}
STYLE_LEADS = {
    "solo piano": "piano",
    "folk guitar": "acoustic guitar",
    "string quartet": "violin",
    "film score": "string section",
    "music box lullaby": "music box",
    "brass march": "trumpet",
    "rock": "distorted guitar",
}


def make_piece(rng: np.random.Generator, index: int) -> Piece:
    """Draws the facts of a piece; a style keeps the instrument of its name."""

    def draw(choices):
        return list(choices)[int(rng.integers(len(choices)))]

    style = pieces.STYLES[index % len(pieces.STYLES)]
    drawn = [draw(pieces.TIMBRES) for _ in range(1 + int(rng.integers(4)))]
    instruments = tuple(dict.fromkeys([STYLE_LEADS.get(style, drawn[0]), *drawn[1:]]))
    tempo_class = draw(pieces.TEMPO_CLASSES)
    kit = draw(pieces.DRUM_KITS)
    sounds = [] if kit == "none" else [draw(pieces.DRUM_SOUNDS) for _ in range(3)]
    return Piece(
        name=f"piece {index}",
        style=style,
        tempo_bpm=float(rng.uniform(*pieces.TEMPO_CLASSES[tempo_class])),
        tempo_class=tempo_class,
        beats_per_bar=draw((3, 4)),
        key=draw(pieces.KEYS),
        mode=draw(pieces.MODES),
        energy=draw(pieces.ENERGIES),
        has_drums=kit != "none",
        drum_kit=kit,
        lead=instruments[0],
        lead_family=pieces.TIMBRES[instruments[0]],
        instruments=instruments,
        melody_id=index,
        chords=(),
        dynamics=draw(pieces.DYNAMICS),
        space=draw(pieces.SPACES),
        clip_seconds=10.0,
        sections=(),
        notes=(),
        hits=tuple(DrumHit(0.0, sound, 1.0) for sound in sounds),
        seed=index,
    )


@pytest.fixture(scope="module")
def corpus() -> list[tuple[Piece, list[str]]]:
    rng = np.random.default_rng(0)
    drawn = [make_piece(rng, index) for index in range(500)]
    return [(piece, write_captions(piece, rng)) for piece in drawn]


def says(caption: str, pattern: str) -> bool:
    return re.search(rf"\b({pattern})\b", caption, re.IGNORECASE) is not None


def test_captions_are_several_and_different(corpus):
    for _, captions in corpus:
        assert 4 <= len(captions) == len(set(captions))
        assert all(caption == caption.strip() and caption for caption in captions)


def test_captions_use_hundreds_of_words(corpus):
    text = " ".join(caption for _, captions in corpus for caption in captions)
    assert len(set(re.findall(r"[a-z0-9'-]+", text.lower()))) > 400


def test_captions_come_in_every_length(corpus):
    lengths = [len(c.split()) for _, captions in corpus for c in captions]
    assert min(lengths) == 1 and max(lengths) > 40
    for low, high in ((1, 2), (3, 8), (9, 20), (21, 100)):
        assert np.mean([low <= length <= high for length in lengths]) > 0.1


def test_equal_seeds_give_equal_captions():
    piece = make_piece(np.random.default_rng(3), 3)
    first, second, other = (
        write_captions(piece, np.random.default_rng(seed)) for seed in (5, 5, 6)
    )
    assert first == second != other


def test_captions_never_deny_or_invent_drums(corpus):
    denial = (
        r"no drums|no percussion|without (drums|percussion)|drumless|beatless|no drums "
        r"at all"
    )
    for piece, captions in corpus:
        for caption in captions:
            rest = re.sub(denial, "", caption, flags=re.IGNORECASE)
            rest = re.sub("mallet percussion|tuned percussion", "", rest, flags=re.I)
            if piece.has_drums:
                assert not says(caption, denial), caption
            else:
                assert not says(rest, "drums?|drummer|percussion|snare|kick"), caption


def test_captions_never_state_another_tempo(corpus):
    said = {
        "slow": "slow|slow-paced|slowly|downtempo|leisurely|unhurried|adagio|largo",
        "medium": "mid-tempo|medium-paced|medium tempo|moderately paced|andante",
        "fast": "fast|fast-paced|up-tempo|uptempo|rapid|presto|allegro|speedy|brisk",
    }
    for piece, captions in corpus:
        wrong = "|".join(v for k, v in said.items() if k != piece.tempo_class)
        for caption in captions:
            rest = caption.replace("not too fast", "")
            assert not says(rest, wrong), (piece.tempo_class, caption)
            for bpm in re.findall(r"(\d+) bpm", caption):
                assert abs(int(bpm) - piece.tempo_bpm) <= 0.5


def test_captions_never_state_another_mode_or_key(corpus):
    other = {"major": "minor", "minor": "major"}
    for piece, captions in corpus:
        for caption in captions:
            assert not says(caption, other[piece.mode]), caption
            for key in re.findall(r"key is (\S+)", caption):
                assert key == piece.key


def test_captions_never_state_another_mood(corpus):
    moods = {
        ("calm", None): "energetic|aggressive|frantic|furious|euphoric|loud|workout",
        (
            "energetic",
            None,
        ): "calm|calming|relaxing|soothing|peaceful|sleepy|meditation",
        (None, "major"): "sad|melancholic|mournful|sorrowful|scary|angry|menacing",
        (None, "minor"): "happy|cheerful|joyful|carefree|jolly|sunny",
    }
    for piece, captions in corpus:
        for (energy, mode), wrong in moods.items():
            if energy == piece.energy or mode == piece.mode:
                for caption in captions:
                    assert not says(caption, wrong), (piece.energy, caption)


@pytest.mark.parametrize(
    ("word", "heard"),
    [
        ("guitar|guitarist", GUITARS),
        ("saxophone|sax|saxophonist", {"saxophone"}),
        ("violin|fiddle|violins", {"violin", "string section"}),
        ("strings", {*BOWED, "warm pad", "harp", "upright bass", *GUITARS}),
        ("flute|flutist", {"flute"}),
        ("trumpet|bugle", {"trumpet"}),
        ("organ|organist", {"organ"}),
        ("harp|harpist", {"harp"}),
        ("pianist|grand piano", {"piano"}),
        ("marimba|xylophone", {"marimba"}),
    ],
)
def test_captions_name_no_instrument_that_is_not_there(corpus, word, heard):
    said = 0
    for piece, captions in corpus:
        for caption in captions:
            if says(caption, word) and piece.style not in caption:
                said += 1
                assert heard & set(piece.instruments), caption
    assert said > 5


def test_captions_name_the_style_in_its_own_words(corpus):
    for piece, captions in corpus:
        table = STYLE_WORDS[piece.style]
        phrases = [piece.style, *table.qualities, *table.places]
        phrases += [p for group in table.genres.values() for p in group]
        found = [c for c in captions if any(p.lower() in c.lower() for p in phrases)]
        assert len(found) >= 2, captions


def test_every_value_has_words():
    assert set(STYLE_WORDS) == set(pieces.STYLES)
    assert set(TIMBRE_WORDS) == set(pieces.TIMBRES)
    assert set(DRUM_WORDS) == set(pieces.DRUM_KITS) - {"none"}


def test_claims_are_checked_against_the_piece():
    piece = make_piece(np.random.default_rng(0), pieces.STYLES.index("solo piano"))
    assert not is_claim_true("music box melody", piece)
    assert is_claim_true("piano ballad", piece)
    assert is_claim_true("slow jam", piece) == (piece.tempo_class == "slow")


def test_aspects_are_the_plain_truth():
    piece = make_piece(np.random.default_rng(1), 6)
    listed = aspects(piece)
    assert listed == aspects(piece)
    assert {piece.style, f"{piece.tempo_class} tempo", piece.energy} <= set(listed)
    assert ("no drums" in listed) != piece.has_drums


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        ("electric piano", "an electric piano"),
        ("8-bit synth", "an 8-bit synth"),
        ("euphoric song", "a euphoric song"),
        ("double bass", "a double bass"),
        ("strings", "strings"),
        ("brass", "brass"),
    ],
)
def test_articles(noun, expected):
    assert with_article(noun) == expected
