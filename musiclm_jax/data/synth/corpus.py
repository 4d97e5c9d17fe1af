"""A corpus as a value: from an index to an example, and who belongs to which split."""

import dataclasses
from typing import Any

import numpy as np

from musiclm_jax.data.synth.captions import aspects, write_captions
from musiclm_jax.data.synth.compose import compose, paired_melody_id
from musiclm_jax.data.synth.piece import Piece
from musiclm_jax.data.synth.players.oscillators import Oscillators
from musiclm_jax.data.synth.players.player import Player
from musiclm_jax.data.synth.players.sampled import Sampled
from musiclm_jax.data.synth.players.soundfont import digest
from musiclm_jax.data.synth.render import render, to_int16

_SPLIT_STREAM, _CAPTION_STREAM = 10, 11


@dataclasses.dataclass(frozen=True, kw_only=True)
class Corpus:
    """What decides every byte of a corpus.

    Attributes:
        num_clips: over all splits.
        clip_seconds: length of each clip.
        seed: another seed, another corpus.
        soundfont: path of an SF2 file whose instruments play what is acoustic or
            electric; empty, oscillators play all. Its content decides, not its name.
        pair_share: share of clips that come in pairs: one melody, two orchestrations.
        validation_share: share of clips that are held out for validation.
        test_share: share of clips that are held out for tests.
    """

    num_clips: int
    clip_seconds: float
    seed: int
    soundfont: str = ""
    pair_share: float = 0.3
    validation_share: float = 0.07
    test_share: float = 0.08

    def __post_init__(self):
        if self.num_clips < 6:
            raise ValueError(f"num_clips is at least 6, got {self.num_clips}")
        if not 0.1 <= self.clip_seconds <= 600:
            raise ValueError(f"clip_seconds is 0.1 to 600, got {self.clip_seconds}")
        if not 0 <= self.pair_share <= 1:
            raise ValueError(f"pair_share is 0 to 1, got {self.pair_share}")
        if min(self.validation_share, self.test_share) <= 0 or (
            self.validation_share + self.test_share > 0.8
        ):
            raise ValueError(
                "validation_share and test_share are above 0 and together at most 0.8,"
                f" got {self.validation_share} and {self.test_share}"
            )

    @property
    def name(self) -> str:
        """Tells corpora apart."""
        played = f"_sf{digest(self.soundfont)[:8]}" if self.soundfont else ""
        return (
            f"{self.num_clips}x{self.clip_seconds:g}s_seed{self.seed}"
            f"_pairs{self.pair_share:g}"
            f"_held{self.validation_share:g}and{self.test_share:g}{played}"
        )

    @property
    def player(self) -> Player:
        """Who plays it."""
        return Sampled(self.soundfont) if self.soundfont else Oscillators()

    def check(self) -> None:
        """Looks whether it can be made.

        Raises:
            ValueError: of the SoundFont; see `Sampled.check`.
            OSError: likewise.
        """
        if self.soundfont:
            Sampled(self.soundfont).check()

    def splits(self) -> dict[str, tuple[int, ...]]:
        """Indices of "train", "validation" and "test".

        The clips of a pair stay together, so that no melody is in two splits.
        """
        rng = np.random.default_rng((self.seed, _SPLIT_STREAM))
        order = rng.permutation(-(-self.num_clips // 2))
        validation = max(1, round(self.validation_share * len(order)))
        test = max(1, round(self.test_share * len(order)))
        groups = {
            "train": order[validation + test :],
            "validation": order[:validation],
            "test": order[validation : validation + test],
        }
        return {
            split: tuple(
                index
                for pair in sorted(pairs.tolist())
                for index in (2 * pair, 2 * pair + 1)
                if index < self.num_clips
            )
            for split, pairs in groups.items()
        }

    def piece(self, index: int) -> Piece:
        """The music of a clip."""
        return compose(
            self.seed,
            index,
            clip_seconds=self.clip_seconds,
            melody_id=paired_melody_id(self.seed, index, self.pair_share),
        )

    def example(self, index: int) -> dict[str, Any]:
        """A clip as it is stored; the fields are those of `SynthMusic`."""
        music = self.piece(index)
        rng = np.random.default_rng((self.seed, _CAPTION_STREAM, index))
        return {
            "name": music.name,
            "audio": to_int16(render(music, self.player)),
            "captions": write_captions(music, rng),
            "aspects": aspects(music),
            "style": music.style,
            "tempo_bpm": np.float32(music.tempo_bpm),
            "tempo_class": music.tempo_class,
            "beats_per_bar": music.beats_per_bar,
            "key": music.key,
            "mode": music.mode,
            "energy": music.energy,
            "has_drums": music.has_drums,
            "drum_kit": music.drum_kit,
            "lead": music.lead,
            "lead_family": music.lead_family,
            "melody_id": music.melody_id,
        }
