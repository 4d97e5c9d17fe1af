"""What is seen in a picture, and the music that suits it: choices before any colour."""

import dataclasses

import numpy as np

from musiclm_jax.data.synth import piece
from musiclm_jax.data.synth.style_table import STYLES
from musiclm_jax.data.synth.styles import Weighted
from musiclm_jax.data.synth.word_lists import split

# What is seen: how lively and in which mode -> styles of music. Names with a colon give
# the melody to an instrument.
_TEXT = """
landscape
  calm major: folk guitar, ambient, solo piano
  calm minor: ambient, solo piano, film score
  moderate major: folk guitar, film score
meadow
  calm major: folk guitar, bossa nova, solo piano
  moderate major: folk guitar, bossa nova
sea
  calm major: ambient, solo piano
  calm minor: ambient, solo piano
  energetic minor: film score
beach
  calm major: bossa nova
  moderate major: reggae, bossa nova
  energetic major: reggae, funk
night sky
  calm major: music box lullaby, ambient
  calm minor: solo piano, ambient, string quartet
forest
  calm major: folk guitar, ambient:flute
  calm minor: ambient, film score
  moderate major: folk guitar
rain
  calm minor: solo piano, lo-fi hip hop
snow
  calm major: music box lullaby, solo piano
  calm minor: solo piano, ambient
sunrise
  calm major: ambient, solo piano
  moderate major: film score, folk guitar
storm
  energetic minor: film score, rock
fire
  energetic minor: rock, film score
city
  calm minor: lo-fi hip hop, jazz trio
  moderate major: jazz trio, funk
  moderate minor: synthwave, lo-fi hip hop
  energetic minor: techno, synthwave
  energetic major: synthwave, techno
factory
  moderate minor: techno
  energetic minor: techno, rock
party
  energetic major: techno, funk
  energetic minor: techno
dancers
  moderate major: bossa nova, funk
  energetic major: funk, techno
portrait
  calm major: string quartet, solo piano
  calm minor: string quartet, solo piano
  moderate minor: jazz trio, string quartet
church
  calm major: solo passage:church organ, film score:choir
  calm minor: solo passage:church organ, film score:choir
circus
  moderate major: brass march
  energetic major: brass march
bar
  calm minor: jazz trio
  moderate minor: jazz trio
  calm major: jazz trio, bossa nova
pixels
  moderate major: arcade game
  energetic major: arcade game
  energetic minor: arcade game
speed
  energetic major: techno, rock, funk
  energetic minor: techno, rock
shapes
  calm major: ambient, solo piano
  calm minor: ambient, solo piano
  moderate major: jazz trio, funk
  moderate minor: synthwave, jazz trio
  energetic major: techno, funk
  energetic minor: techno, rock
"""

_TEMPI = {
    "calm": (("slow", 0.8), ("medium", 0.2)),
    "moderate": (("slow", 0.1), ("medium", 0.8), ("fast", 0.1)),
    "energetic": (("medium", 0.1), ("fast", 0.9)),
}
_STRUCK = ("kick", "snare", "closed hat", "crash")


def _read(text: str) -> dict[tuple[str, str, str], tuple[str, ...]]:
    found, subject = {}, ""
    for line in text.strip().splitlines():
        mood, colon, styles = line.partition(":")
        if not colon:
            subject = line.strip()
            continue
        energy, mode = mood.split()
        found[subject, energy, mode] = split(styles)
    return found


MUSIC = _read(_TEXT)
"""(subject, energy, mode) -> styles of music that suit it."""

SUBJECTS = tuple(dict.fromkeys(subject for subject, _, _ in MUSIC))


@dataclasses.dataclass(frozen=True)
class Scene:
    """A picture before it is drawn.

    Attributes:
        subject: a name of `SUBJECTS`.
        energy: a name of `piece.ENERGIES`.
        mode: a name of `piece.MODES`: light or dark.
    """

    subject: str
    energy: str
    mode: str

    def __post_init__(self):
        if (self.subject, self.energy, self.mode) not in MUSIC:
            raise ValueError(
                f"there is no {self.energy} {self.mode} scene of {self.subject!r}"
            )


def draw_scene(rng: np.random.Generator) -> Scene:
    """Chooses what is seen: every subject as often, whatever moods it has."""
    subject = SUBJECTS[rng.integers(len(SUBJECTS))]
    moods = [key for key in MUSIC if key[0] == subject]
    return Scene(*moods[rng.integers(len(moods))])


def music_of(scene: Scene, rng: np.random.Generator) -> piece.Piece:
    """Imagines a piece that suits a scene: its truth alone, without any note."""
    styles = MUSIC[scene.subject, scene.energy, scene.mode]
    name, _, lead = styles[rng.integers(len(styles))].partition(":")
    style = STYLES[name]
    lead = lead or _pick(rng, style.leads)
    has_drums = scene.energy != "calm" and rng.random() < style.drums
    tempo_class = _pick(rng, _TEMPI[scene.energy])
    others = [_pick(rng, part.timbres) for part in style.parts[:2]]
    is_alone = name in ("solo piano", "solo passage")
    band = [] if is_alone else [timbre for timbre in others if timbre in piece.TIMBRES]
    return piece.Piece(
        name="scene",
        style=name,
        tempo_bpm=float(rng.uniform(*piece.TEMPO_CLASSES[tempo_class])),
        tempo_class=tempo_class,
        beats_per_bar=4,
        key=piece.KEYS[rng.integers(len(piece.KEYS))],
        mode=scene.mode,
        energy=scene.energy,
        has_drums=has_drums,
        drum_kit=_pick(rng, style.kits) if has_drums else piece.NOTHING,
        lead=lead,
        lead_family=piece.TIMBRES[lead],
        register="middle",
        instruments=tuple(dict.fromkeys((lead, *band))),
        melody_id=0,
        chords=(),
        dynamics="steady",
        space=_pick(rng, style.spaces),
        clip_seconds=10.0,
        sections=(),
        notes=(),
        hits=tuple(piece.DrumHit(0.0, sound, 1.0) for sound in _STRUCK * has_drums),
        seed=0,
    )


def _pick(rng: np.random.Generator, weighted: Weighted) -> str:
    names, weights = zip(*weighted, strict=True)
    return names[rng.choice(len(names), p=np.array(weights) / np.sum(weights))]
