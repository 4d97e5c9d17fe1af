"""Captions say what is in the clip, in many words, and the same again for one seed."""

import dataclasses
import re

import numpy as np
import pytest

from musiclm_jax.data.synth import piece as pieces
from musiclm_jax.data.synth.captions import aspects, write_captions
from musiclm_jax.data.synth.genre_words import RULES, everyday_genres
from musiclm_jax.data.synth.pen import is_claim_true, with_article
from musiclm_jax.data.synth.piece import DrumHit, Piece
from musiclm_jax.data.synth.style_words import STYLE_WORDS
from musiclm_jax.data.synth.words_feeling import (
    MOODS,
    TEMPO_ADJECTIVES,
    TEMPO_PHRASES,
    TEMPO_VERBS,
)
from musiclm_jax.data.synth.words_players import (
    DRUM_WORDS,
    FAMILY_WORDS,
    PLAYER_WORDS,
    TIMBRE_WORDS,
)

GUITARS = {
    "acoustic guitar", "nylon guitar", "electric guitar", "distorted guitar",
    "bass guitar",
}  # fmt: skip
BOWED = {"violin", "cello", "string section", "pizzicato strings"}
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
    lead, key, mode = instruments[0], draw(pieces.KEYS), draw(pieces.MODES)
    if style == "solo passage":
        kit, instruments = pieces.NOTHING, instruments[:1]
    if style == "drums alone":
        kit = "acoustic" if kit == pieces.NOTHING else kit
        lead, key, mode = (pieces.NOTHING,) * 3
        instruments = ()
    sounds = [] if kit == "none" else [draw(pieces.DRUM_SOUNDS) for _ in range(3)]
    return Piece(
        name=f"piece {index}",
        style=style,
        tempo_bpm=float(rng.uniform(*pieces.TEMPO_CLASSES[tempo_class])),
        tempo_class=tempo_class,
        beats_per_bar=draw(pieces.METRES),
        key=key,
        mode=mode,
        energy=draw(pieces.ENERGIES),
        has_drums=kit != "none",
        drum_kit=kit,
        lead=lead,
        lead_family=pieces.TIMBRES.get(lead, pieces.NOTHING),
        register=draw(pieces.REGISTERS),
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
    drawn = [make_piece(rng, index) for index in range(900)]
    return [(piece, write_captions(piece, rng)) for piece in drawn]


def says(caption: str, pattern: str) -> bool:
    return re.search(rf"\b({pattern})\b", caption, re.IGNORECASE) is not None


def test_captions_are_several_and_different(corpus):
    for _, captions in corpus:
        assert 4 <= len(captions) == len(set(captions))
        assert all(caption == caption.strip() and caption for caption in captions)


def test_captions_use_more_than_a_thousand_words(corpus):
    text = " ".join(caption for _, captions in corpus for caption in captions)
    assert len(set(re.findall(r"[a-z0-9'-]+", text.lower()))) > 1200


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
        r"no drums|no percussion|without (any )?(drums|percussion)|drumless|beatless|"
        r"no beat|zero drums|no drums at all"
    )
    for piece, captions in corpus:
        for caption in captions:
            rest = re.sub(denial, "", caption, flags=re.IGNORECASE)
            rest = re.sub("mallet percussion|tuned percussion", "", rest, flags=re.I)
            rest = re.sub("steel drums", "", rest, flags=re.I)
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
    neither = r"not too (fast|slow)|neither fast nor slow|never slows down"
    for piece, captions in corpus:
        wrong = "|".join(v for k, v in said.items() if k != piece.tempo_class)
        for caption in captions:
            rest = re.sub(neither, "", caption, flags=re.IGNORECASE)
            rest = rest.replace("slow-motion", "")
            assert not says(rest, wrong), (piece.tempo_class, caption)
            for bpm in re.findall(r"(\d+) bpm", caption):
                assert abs(int(bpm) - piece.tempo_bpm) <= 0.5


def test_most_captions_tell_tempo_instruments_and_mood(corpus):
    def tells(caption, phrases):
        return any(says(caption, re.escape(phrase)) for phrase in phrases)

    told = []
    for piece, captions in corpus:
        names = (piece.lead, *piece.instruments)
        tempo = [TEMPO_ADJECTIVES, TEMPO_PHRASES, TEMPO_VERBS]
        players = [*FAMILY_WORDS.get(piece.lead_family, ())]
        for name in names:
            players += [*TIMBRE_WORDS.get(name, ()), *PLAYER_WORDS.get(name, ())]
        if piece.lead == pieces.NOTHING:
            players += [*DRUM_WORDS[piece.drum_kit], "drum"]
        facets = (
            [w for table in tempo for w in table[piece.tempo_class]] + ["bpm"],
            players,
            MOODS[piece.energy, piece.mode],
        )
        told += [[tells(caption, f) for f in facets] for caption in captions]
    assert (np.mean(told, axis=0) > 0.6).all()
    assert np.mean(np.all(told, axis=1)) > 0.4


def test_captions_never_state_another_mode_or_key(corpus):
    other = {"major": "minor", "minor": "major"}
    for piece, captions in corpus:
        for caption in captions:
            if piece.mode != pieces.NOTHING:
                assert not says(caption, other[piece.mode]), caption
            for key in re.findall(r"key is (\S+)", caption, re.IGNORECASE):
                assert key.lower() == piece.key.lower()


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
        ("violin|fiddle|violins", {"violin", "string section", "pizzicato strings"}),
        (
            "strings",
            {*BOWED, "warm pad", "harp", "upright bass", "banjo", "sitar", "koto"}
            | GUITARS,
        ),
        ("flute|flutist", {"flute", "recorder"}),
        ("trumpet|bugle", {"trumpet", "muted trumpet"}),
        ("organ|organist", {"organ", "church organ", "harmonica"}),
        ("harp|harpist", {"harp", "harmonica"}),
        ("pianist|grand piano", {"piano"}),
        ("humming|hummed", {"hummed voice"}),
        ("whistling|whistled|whistler", {"whistle"}),
        ("accordion|squeezebox", {"accordion"}),
        ("banjo", {"banjo"}),
        ("marimba|xylophone", {"marimba", "xylophone"}),
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
        phrases = [piece.style, *table.qualities, *table.places, "solo", "alone"]
        phrases += [p for group in table.genres.values() for p in group]
        phrases += everyday_genres(piece)
        found = [c for c in captions if any(p.lower() in c.lower() for p in phrases)]
        assert len(found) >= 2, captions


def test_a_player_alone_is_said_to_be_alone(corpus):
    alone = (
        "solo|alone|unaccompanied|only|just|nothing else|nothing but|by itself|on its "
        "own|single|lone|without accompaniment|no accompaniment|someone|a cappella"
    )
    for style in ("solo passage", "drums alone"):
        found = [
            says(caption, alone)
            for piece, captions in corpus
            if piece.style == style
            for caption in captions
        ]
        assert np.mean(found) > 0.5


def test_everyday_genres_are_as_their_conditions_say():
    fields = {field.name for field in dataclasses.fields(Piece)}
    for conditions, names in RULES:
        assert set(conditions) <= fields and names
        for style in conditions.get("style", ()):
            assert style in pieces.STYLES
        for name in (*conditions.get("lead", ()), *conditions.get("instruments", ())):
            assert name in pieces.TIMBRES
        for kit in conditions.get("drum_kit", ()):
            assert kit in pieces.DRUM_KITS


def test_everyday_genres_hold_for_their_pieces_alone():
    rng = np.random.default_rng(2)
    music = dataclasses.replace(
        make_piece(rng, pieces.STYLES.index("brass march")),
        tempo_class="fast", mode="major", lead="trumpet", beats_per_bar=4,
    )  # fmt: skip
    assert "polka" in everyday_genres(music)
    for change in ({"tempo_class": "slow"}, {"mode": "minor"}, {"beats_per_bar": 3}):
        assert "polka" not in everyday_genres(dataclasses.replace(music, **change))


def test_every_value_has_words():
    assert set(STYLE_WORDS) == set(pieces.STYLES)
    assert set(TIMBRE_WORDS) == set(pieces.TIMBRES)
    assert set(DRUM_WORDS) == set(pieces.DRUM_KITS) - {pieces.NOTHING}
    for energy in pieces.ENERGIES:
        for mode in (*pieces.MODES, pieces.NOTHING):
            assert len(MOODS[energy, mode]) > 5


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
