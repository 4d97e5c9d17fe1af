"""One tune in two sounds: a clip of the corpus, and its melody alone by another player.

MusicLM, section 6: pairs of the same melody with different acoustics, hummed and sung
ones among them. Who hums keeps neither the octave nor quite the pitch and the time, and
the room and the microphone are no studio's.
"""

import dataclasses

import numpy as np
from scipy import signal

from musiclm_jax.data.synth import mix, piece
from musiclm_jax.data.synth.corpus import Corpus
from musiclm_jax.data.synth.render import SAMPLE_RATE, render
from musiclm_jax.data.synth.styles import LEAD_CENTRES
from musiclm_jax.files import fingerprints

# Fewer notes than this in a stretch are no tune.
_FEWEST_NOTES = 3
_VOICES = ("hummed voice", "sung voice", "whistle")
_VOICE_SHARE = 0.6
# Of the first of a pair, which else is the whole band.
_ALONE_SHARE = 0.3
# How far who plays is off, as a whole and from note to note.
_TUNING_SEMITONES, _NOTE_SEMITONES = 0.3, 0.15
_TEMPO_SHARE, _NOTE_SECONDS = 0.03, 0.03
_MICROPHONE_SHARE = 0.7
_LOW_HZ, _HIGH_HZ = (40.0, 200.0), (2500.0, 9000.0)
_NOISE_DB = (-45.0, -18.0)


@dataclasses.dataclass(frozen=True)
class SynthTunes:
    """The tunes of a corpus, played anew whenever they come round.

    Attributes:
        corpus: its pieces, and which of them are held out.
    """

    corpus: Corpus

    sample_rate = SAMPLE_RATE

    def open(self, split: str) -> "Tunes":
        """Returns the tunes of a split.

        Raises:
            ValueError: there is no such split.
        """
        splits = self.corpus.splits()
        if split not in splits:
            raise ValueError(f"no split {split!r}: there are {', '.join(splits)}")
        return Tunes(self.corpus, splits[split])

    def made_of(self) -> str:
        """Returns a fingerprint of the corpus."""
        return fingerprints.of(self.corpus.name)


@dataclasses.dataclass(frozen=True)
class Tunes:
    """Tunes by place.

    Attributes:
        corpus: that they are of.
        indices: of its clips.
    """

    corpus: Corpus
    indices: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.indices)

    def pair(
        self, place: int, rng: np.random.Generator, *, seconds: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Plays a stretch of a tune twice, in different sound.

        Args:
            place: of the tune; one without a melody gives way to the next.
            rng: all of the chance in it.
            seconds: length of the stretch.

        Returns:
            Two of [sample] float32, the first as clips are or a melody alone, the
            second as a stranger's recording of the melody.
        """
        for offset in range(len(self)):
            index = self.indices[(place + offset) % len(self)]
            music = stretch(self.corpus.piece(index), rng, seconds=seconds)
            if music is not None:
                break
        else:
            raise ValueError(f"no clip of {self.corpus.name} has a melody")
        first = music if rng.random() > _ALONE_SHARE else alone(music, rng)
        second = alone(music, rng)
        player = self.corpus.player
        return render(first, player), recorded(render(second, player), rng)


def stretch(
    music: piece.Piece, rng: np.random.Generator, *, seconds: float
) -> piece.Piece | None:
    """Cuts a random stretch in which the melody is heard out of a piece, if any."""
    lead = [note.start_seconds for note in music.notes if note.role == "lead"]
    starts = [
        start
        for start in np.arange(0.0, music.clip_seconds - seconds + 0.01, 0.25)
        if sum(start <= onset < start + seconds - 0.1 for onset in lead)
        >= _FEWEST_NOTES
    ]
    if not starts:
        return None
    start = float(starts[rng.integers(len(starts))])

    def within(events: tuple) -> tuple:
        return tuple(
            dataclasses.replace(event, start_seconds=event.start_seconds - start)
            for event in events
            if start <= event.start_seconds < start + seconds
        )

    return dataclasses.replace(
        music,
        clip_seconds=seconds,
        notes=within(music.notes),
        hits=within(music.hits),
    )


def alone(music: piece.Piece, rng: np.random.Generator) -> piece.Piece:
    """Gives the melody of a piece to another player, who plays it alone.

    In any octave of theirs, a little out of tune and time, as people do.
    """
    others = [name for name in LEAD_CENTRES if name != music.lead]
    timbre = str(rng.choice(_VOICES if rng.random() < _VOICE_SHARE else others))
    lead = [note for note in music.notes if note.role == "lead"]
    middle = float(np.median([note.pitch for note in lead]))
    octaves = round((LEAD_CENTRES[timbre] - middle) / 12)
    tuning = rng.normal(0.0, _TUNING_SEMITONES)
    tempo = 1.0 + rng.uniform(-_TEMPO_SHARE, _TEMPO_SHARE)
    notes = []
    for note in lead:
        start = note.start_seconds * tempo + rng.normal(0.0, _NOTE_SECONDS)
        start = max(start, 0.0)
        if start >= music.clip_seconds - _NOTE_SECONDS:
            continue
        pitch = note.pitch + 12 * octaves + tuning + rng.normal(0.0, _NOTE_SEMITONES)
        notes.append(
            dataclasses.replace(
                note, start_seconds=start, pitch=float(pitch), timbre=timbre
            )
        )
    return dataclasses.replace(
        music,
        style="solo passage",
        notes=tuple(sorted(notes, key=lambda note: note.start_seconds)),
        hits=(),
        has_drums=False,
        drum_kit=piece.NOTHING,
        lead=timbre,
        lead_family=piece.TIMBRES[timbre],
        instruments=(timbre,),
        space=str(rng.choice(list(piece.SPACES)[:3])),
        seed=int(rng.integers(2**31)),
    )


def recorded(audio: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Records sound [sample] as a telephone does: less of its ends, and noise."""
    if rng.random() > _MICROPHONE_SHARE:
        return audio
    band = rng.uniform(*_LOW_HZ), rng.uniform(*_HIGH_HZ)
    sections = signal.butter(2, band, "bandpass", fs=SAMPLE_RATE, output="sos")
    audio = signal.sosfilt(sections, audio)
    noise = rng.standard_normal(len(audio))
    # Rooms hum more than they hiss.
    noise = mix.darken(noise.astype(np.float32), rng.uniform(500.0, 8000.0))
    level = 10 ** (rng.uniform(*_NOISE_DB) / 20) * np.abs(audio).max()
    audio = audio + level * noise / (np.abs(noise).max() + 1e-9)
    return (audio / max(1.0, np.abs(audio).max())).astype(np.float32)
