import numpy as np
import pytest

from musiclm_jax.data.feeding.crops import crop_tokens, melody_frames
from musiclm_jax.data.feeding.frozen_tokenizers import check_kinds, check_melody
from musiclm_jax.data.records.token_records import TokenMetadata, TokenRecord
from musiclm_jax.tokens import TokenSpec, music_vocabulary

SPEC = TokenSpec("melody", 64, 2, 1 / 3)
METADATA = TokenMetadata(
    semantic_frame_rate=25,
    acoustic_frame_rate=25,
    window_seconds=10.0,
    stride_seconds=1.0,
    tokenizers="",
    dataset="",
    piece_seconds=30,
    melody="abc",
    melody_stride_seconds=0.5,
)


@pytest.mark.parametrize(
    ("start", "seconds", "places"),
    [
        (0.0, 10.0, [0, 6, 12]),
        (0.2, 10.0, [0, 6, 12]),
        (0.3, 6.0, [1, 7]),
        (15.0, 10.0, [30, 36, 39]),  # behind the last it stands again
    ],
)
def test_the_nearest_windows(start, seconds, places):
    found = melody_frames(40, start, SPEC, seconds, stride_seconds=0.5)
    np.testing.assert_array_equal(found, places)


def test_a_crop_has_the_melody_of_its_own_time():
    record = TokenRecord(
        mulan=np.ones((21, 4)),
        caption_mulan=np.zeros((0, 4)),
        semantic=np.arange(750),
        acoustic=np.zeros((750, 3), int),
        fields={},
        melody=np.repeat(np.arange(53)[:, None], 2, axis=1),
    )
    record = TokenRecord.from_bytes(record.to_bytes())
    for seed in range(8):
        rng = np.random.default_rng(seed)
        tokens = crop_tokens(record, METADATA, rng, seconds=10.0, melody=SPEC)
        start = tokens["semantic"][0, 0] / 25
        assert tokens["melody"].shape == (3, 2)
        np.testing.assert_allclose(
            tokens["melody"][:, 0] * 0.5, start + 3 * np.arange(3), atol=0.2501
        )


class Made:
    def melody_fingerprint(self):
        return "abc"


def test_what_does_not_fit_is_said():
    check_melody("abc", Made())
    for other in ("", "abd"):
        with pytest.raises(
            ValueError, match="no melody codes of this bundle: tokenize"
        ):
            check_melody(other, Made())
    with pytest.raises(
        ValueError, match=r"reads melody tokens, .* export runs/melody\.gin first"
    ):
        check_kinds(music_vocabulary(melody=SPEC), music_vocabulary())
    other = TokenSpec("melody", 64, 3, 1 / 3)
    with pytest.raises(ValueError, match="melody tokens of 2 x 64 codes"):
        check_kinds(music_vocabulary(melody=SPEC), music_vocabulary(melody=other))


def test_melody_stands_behind_all_others():
    plain, with_melody = music_vocabulary(), music_vocabulary(melody=SPEC)
    for name in ("mulan", "semantic", "acoustic"):
        assert plain.offset(name) == with_melody.offset(name)
    assert with_melody.offset("melody") == plain.null_id
