import dataclasses
import functools
import shutil

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from musiclm_jax import bundle
from musiclm_jax.bundle import tokenizers
from musiclm_jax.bundle.semantic_tokenizer import SemanticTokenizer
from musiclm_jax.codec import network as codec_network
from musiclm_jax.codec import soundstream, tone, tone_analysis, tone_corrections
from musiclm_jax.data.synth import compose, render
from musiclm_jax.data.synth.players.oscillators import Oscillators
from musiclm_jax.data.text import vocabulary
from musiclm_jax.mulan import audio_tower, embedding, image_tower, text_tower
from musiclm_jax.mulan import network as mulan_network
from musiclm_jax.parallel import memory, sharding
from musiclm_jax.programs import collectives
from musiclm_jax.semantic import centroids
from musiclm_jax.semantic import network as semantic_network
from musiclm_jax.signal import mel

RATE = 800
MEL = mel.MelConfig(
    sample_rate=RATE,
    frame_length=16,
    hop_length=8,
    num_mels=4,
    low_hz=0.0,
    high_hz=400.0,
)
CODEC = soundstream.SoundStreamConfig(
    sample_rate=RATE,
    strides=(2, 4),
    encoder_channels=2,
    decoder_channels=2,
    channel_multipliers=(2, 4),
    embed_dim=4,
    num_quantizers=3,
    codebook_size=8,
)
BLOCKS = tone_corrections.Blocks(width=8, mlp_dim=8, num_blocks=1, kernel_size=2)
TONES = tone.ToneCodecConfig(
    scale=tone_analysis.ToneScale(
        sample_rate=RATE,
        hop_length=20,
        moments_per_frame=4,
        lowest_hz=40.0,
        tones_per_octave=4,
        num_tones=10,
        num_bands=4,
        tone_window=160,
        band_window=40,
    ),
    lines_per_band=1,
    tone_floor=1e-3,
    band_floor=1e-3,
    band_weight=1.0,
    corrections=BLOCKS,
    sharpening=BLOCKS,
    num_quantizers=3,
    codebook_size=8,
)
SEMANTIC = semantic_network.W2vBertConfig(
    mel=MEL,
    log_mel_std=2.0,
    conv_channels=2,
    embed_dim=8,
    mlp_dim=8,
    num_heads=2,
    kernel_size=3,
    num_contrastive_layers=1,
    num_masked_layers=1,
    dropout_rate=0.0,
    codebook_size=4,
    codebook_dim=4,
    tap_layer=1,
    num_centroids=5,
    window_seconds=1.6,
    stride_seconds=0.4,
    scan_layers=False,
    dtype="float32",
)
MULAN = mulan_network.MuLanConfig(
    mel=MEL,
    audio_tower=audio_tower.AudioTowerConfig(
        width=4,
        stage_sizes=(1,),
        num_groups=2,
        log_mel_mean=0.0,
        log_mel_std=1.0,
        scan_layers=False,
        dtype="float32",
    ),
    text_tower=text_tower.TextTowerConfig(
        vocab_size=40,
        max_length=8,
        num_layers=1,
        num_heads=2,
        embed_dim=8,
        mlp_dim=8,
        dropout_rate=0.0,
        scan_layers=False,
        dtype="float32",
    ),
    embed_dim=6,
    window_seconds=1.0,
    stride_seconds=0.5,
)


def _codebooks(levels, codes, dim):
    return np.random.default_rng(1).normal(size=(levels, codes, dim)).astype("float32")


def _random(init, *arguments):
    """Numbers of the shapes that `init` gives: nothing is compiled."""
    shapes = nn.meta.unbox(jax.eval_shape(init, jax.random.key(0), *arguments))
    rng = np.random.default_rng(2)
    return jax.tree.map(lambda x: rng.normal(0.0, 0.3, x.shape).astype("f4"), shapes)


def _params(init, *arguments):
    return _random(init, *arguments)["params"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A bundle of untrained tokenizers."""
    folder = tmp_path_factory.mktemp("model")
    hop = jnp.zeros((1, CODEC.hop_length))
    frame = jnp.zeros((1, 1, CODEC.embed_dim))
    audio = jnp.zeros((1, 2 * SEMANTIC.hop_length))
    codec = {
        "encoder": _params(soundstream.Encoder(CODEC).init, hop),
        "decoder": _params(soundstream.Decoder(CODEC).init, frame),
        "codebooks": _codebooks(3, 8, 4),
    }
    semantic = {
        "network": _params(
            functools.partial(semantic_network.W2vBert(SEMANTIC).init, method="tap"),
            audio,
        ),
        "mean": np.zeros(8, np.float32),
        "std": np.ones(8, np.float32),
        "codebooks": _codebooks(1, 5, 8),
    }
    mulan = _random(functools.partial(mulan_network.init_params, MULAN))
    mulan["codebooks"] = _codebooks(3, 7, 6)
    bundle.save_part(folder, "codec", CODEC, codec)
    bundle.save_part(folder, "semantic", SEMANTIC, semantic)
    bundle.save_part(folder, "mulan", MULAN, mulan)
    words = vocabulary.train_vocabulary(["calm piano", "fast drums"], 40)
    bundle.save_file(folder, bundle.VOCABULARY, words.to_str().encode())
    return folder


IMAGES = image_tower.ImageTowerConfig(
    embed_dim=6,
    image_size=8,
    widths=(4,),
    num_blocks=1,
    num_groups=2,
    num_readings=1,
    dtype="float32",
)


def with_images(folder, copy, config=IMAGES):
    shutil.copytree(folder, copy)
    params = _random(functools.partial(image_tower.init_params, config))
    bundle.save_part(copy, "image_tower", config, params, bits=8)
    return copy


@pytest.fixture(scope="module")
def loaded(folder):
    return tokenizers.Tokenizers.load(folder)


@pytest.fixture
def audio(rng):
    return rng.uniform(-0.5, 0.5, (2, 1000)).astype(np.float32)


def test_codec_of_any_length_is_the_codec(loaded, audio):
    encode = jax.jit(functools.partial(codec_network.encode, CODEC))
    for length in (999, 7):
        codes = loaded.codec.tokenize(audio[:, :length])
        expected = encode(loaded.codec.params, audio[:, :length])
        np.testing.assert_array_equal(codes, expected)
    assert codes.dtype == np.int32
    assert loaded.codec.frame_rate == 100.0


def test_codec_decodes_any_length(loaded, rng):
    codes = rng.integers(0, 8, (1, 130, 3)).astype(np.int32)
    audio = loaded.codec.decode(codes)
    assert audio.shape == (1, 130 * CODEC.hop_length)
    decode = jax.jit(functools.partial(codec_network.decode, CODEC))
    expected = decode(loaded.codec.params, codes)
    np.testing.assert_allclose(audio, expected, atol=1e-5)


def test_a_codec_of_tones_takes_the_place(folder, tmp_path, audio):
    """Its part says its kind; silence behind the sound is the same as in the codec."""
    own = tmp_path / "model"
    shutil.copytree(folder, own)
    params = _random(functools.partial(codec_network.init_params, TONES))
    params["codebooks"] = _codebooks(3, 8, TONES.embed_dim)
    bundle.save_part(own, "codec", TONES, params)
    assert bundle.Bundle.load(own).parts["codec"]["kind"] == "tone_codec"
    codec = tokenizers.Tokenizers.load(own).codec
    assert codec.config == TONES
    encode = jax.jit(functools.partial(codec_network.encode, TONES))
    codes = codec.tokenize(audio[:, :970])
    np.testing.assert_array_equal(codes, encode(codec.params, audio[:, :970]))
    decode = jax.jit(functools.partial(codec_network.decode, TONES))
    made = codec.decode(codes)
    assert made.shape == (2, 13 * TONES.hop_length)
    np.testing.assert_allclose(made, decode(codec.params, codes), atol=1e-5)


def test_lengths_share_a_compilation(loaded, audio):
    loaded.codec.tokenize(audio[:, :900])
    before = loaded.codec._encode.program._cache_size()
    loaded.codec.tokenize(audio[:, :970])
    assert loaded.codec._encode.program._cache_size() == before


def test_a_batch_that_there_is_no_memory_for(loaded, audio, monkeypatch):
    monkeypatch.setattr(memory, "_host_free", lambda: 1000)
    with pytest.raises(ValueError, match=r"a batch of 5 needs .* take a smaller one"):
        loaded.codec.tokenize(np.repeat(audio[:1], 5, axis=0))


def test_semantic_codes(loaded, audio):
    codes = loaded.semantic.tokenize(audio)
    assert codes.shape == (2, -(-1000 // SEMANTIC.hop_length), 1)
    assert codes.dtype == np.int32
    assert codes.min() >= 0 and codes.max() < 5
    assert loaded.semantic.frame_rate == 25.0


def test_semantic_codes_of_long_sound_are_those_of_its_windows(loaded, rng):
    audio = rng.uniform(-0.5, 0.5, (1, 5 * RATE + 3)).astype(np.float32)
    codes = loaded.semantic.tokenize(audio)
    assert codes.shape == (1, 126, 1)
    params = loaded.semantic.params
    tokenize = jax.jit(functools.partial(centroids.tokenize, SEMANTIC, params))
    hop, stride, window = SEMANTIC.hop_length, 10, 40

    def alone(start):
        return tokenize(audio[:, start * hop : (start + window) * hop])[0, :, 0]

    np.testing.assert_array_equal(codes[0, :25, 0], alone(0)[:25])
    for start in range(stride, 81, stride):
        middle = slice(start + 15, start + 25)
        np.testing.assert_array_equal(codes[0, middle, 0], alone(start)[15:25])
    # One shape, whatever the length.
    before = loaded.semantic._tokenize.program._cache_size()
    loaded.semantic.tokenize(audio[:, : 3 * RATE])
    assert loaded.semantic._tokenize.program._cache_size() == before


def test_short_sound_is_heard_without_silence_behind_it(loaded, audio):
    short = audio[:, : 7 * SEMANTIC.hop_length]
    codes = loaded.semantic.tokenize(short)
    tokenize = jax.jit(functools.partial(centroids.tokenize, SEMANTIC))
    expected = tokenize(loaded.semantic.params, short)
    np.testing.assert_array_equal(codes, expected)


def test_semantic_tokens_of_the_middle_of_a_clip_are_those_of_the_whole():
    """By the model in the box: a part from a whole second on, with its margin."""
    tokenizer = SemanticTokenizer(
        *bundle.load_part(bundle.default_folder(), "semantic")
    )
    rate, margin = tokenizer.config.mel.sample_rate, 6
    music = compose.compose(0, 3, clip_seconds=30.0)
    audio = render.render(music, Oscillators())[None].astype(np.float32)
    whole = tokenizer.tokenize(audio)
    for start, end in ((3, 18), (12, 26)):
        part = tokenizer.tokenize(audio[:, start * rate : end * rate])
        middle = whole[:, 25 * (start + margin) : 25 * (end - margin)]
        same = part[:, 25 * margin : 25 * (end - start - margin)] == middle
        assert same.mean() >= 0.99


def test_a_tune_is_what_tells_of_harmony(loaded, audio):
    """In the model in the box by turns; each token of w2v-BERT tells of all."""
    tokenizer = SemanticTokenizer(
        *bundle.load_part(bundle.default_folder(), "semantic")
    )
    assert tokenizer.tells_tunes and not loaded.semantic.tells_tunes
    time = np.arange(4 * 24_000) / 24_000
    sounds = [
        0.3 * np.sin(2 * np.pi * hz * time)[None].astype(np.float32)
        for hz in (262.0, 370.0)
    ]
    tunes = [tokenizer.tokenize_tune(sound) for sound in sounds]
    is_told = np.resize(tokenizer.config.turns, 100) == "harmony"
    for sound, tune in zip(sounds, tunes, strict=True):
        codes = tokenizer.tokenize(sound)
        np.testing.assert_array_equal(tune[0, is_told], codes[0, is_told])
        assert (tune[0, ~is_told] == -1).all() and is_told.sum() == 40
    assert (tunes[0][0, is_told] != tunes[1][0, is_told]).mean() > 0.9
    assert (loaded.semantic.tokenize_tune(audio) == -1).all()


def test_mulan_codes_of_sound(loaded, audio):
    windows = loaded.mulan.embed_windows(audio)
    assert windows.shape == (2, 1, 6)
    pooled = loaded.mulan.embed_audio(audio)
    np.testing.assert_allclose(np.linalg.norm(pooled, axis=-1), 1.0, atol=1e-5)
    codes = loaded.mulan.tokenize(audio)
    expected = embedding.quantize(loaded.mulan.params, pooled)
    np.testing.assert_array_equal(codes, expected)
    assert codes.shape == (2, 1, 3)


def test_mulan_codes_of_text(loaded):
    codes = loaded.mulan.text_codes(["calm piano", "fast drums"])
    assert codes.shape == (2, 1, 3)
    again = loaded.mulan.text_codes(["Calm PIANO"])
    np.testing.assert_array_equal(again[0], codes[0])


def test_devices_share_the_rows(loaded, rng):
    assert jax.local_device_count() == 8
    shared = loaded.over(sharding.make_mesh())
    # Longer than a window: so there are several.
    audio = rng.uniform(-0.5, 0.5, (16, 4 * RATE)).astype(np.float32)
    texts = ["calm piano", "fast drums", "calm", "drums"] * 4
    for name in ("codec", "semantic", "mulan"):
        codes = getattr(shared, name).tokenize(audio)
        np.testing.assert_array_equal(codes, getattr(loaded, name).tokenize(audio))
        with pytest.raises(ValueError, match="partitioned 8 times"):
            getattr(shared, name).tokenize(audio[:3])
    for name, x in (("embed_windows", audio), ("embed_text", texts)):
        one, eight = (getattr(t.mulan, name)(x) for t in (loaded, shared))
        np.testing.assert_allclose(eight, one, atol=1e-6)
    # And nobody computes what is another's.
    for tokenizer, compiled in (
        (shared.codec, shared.codec._encode),
        (shared.semantic, shared.semantic._tokenize),
        (shared.mulan, shared.mulan._embed_windows),
    ):
        program = compiled.program.lower(tokenizer.params, audio).compile()
        assert collectives.traffic(program.as_text()) == {}


@pytest.mark.parametrize("prompt", ["静かなピアノ", "🎵🎵", "спокойно"])
def test_prompt_of_which_nothing_is_known(loaded, prompt):
    with pytest.raises(ValueError, match=f"knows no word of the prompt '{prompt}'"):
        loaded.mulan.text_codes([prompt])


def test_prompt_of_which_something_is_known(loaded):
    assert loaded.mulan.text_codes(["calm 🎵 ピアノ"]).shape == (1, 1, 3)


@pytest.mark.parametrize("part", ["semantic", "mulan"])
def test_part_without_its_codebooks_is_refused(folder, tmp_path, part):
    for name in ("codec", "semantic", "mulan"):
        config, params = bundle.load_part(folder, name)
        if name == part:
            del params["codebooks"]
        bundle.save_part(tmp_path, name, config, params)
    with pytest.raises(ValueError, match=f"part {part} of the model .* no codebooks"):
        tokenizers.Tokenizers.load(tmp_path)


def test_missing_vocabulary_is_refused(folder, tmp_path):
    for name in ("codec", "semantic", "mulan"):
        bundle.save_part(tmp_path, name, *bundle.load_part(folder, name))
    with pytest.raises(ValueError, match=r"has no vocabulary\.json"):
        tokenizers.Tokenizers.load(tmp_path)


def test_pictures_are_placed_by_the_part_for_them(folder, tmp_path, rng):
    pixels = rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    loaded = tokenizers.Tokenizers.load(with_images(folder, tmp_path / "model"))
    placed = loaded.mulan.embed_image(tmp_path / "a.png")
    params = loaded.mulan.images.params
    expected = image_tower.embed_images(IMAGES, params, pixels[None])[0]
    np.testing.assert_allclose(placed, expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(placed), 1.0, rtol=1e-5)
    assert loaded.mulan.quantize(placed[None]).shape == (1, 1, 3)
    with pytest.raises(FileNotFoundError, match=r"there is no picture no\.png"):
        loaded.mulan.check_image("no.png")


def test_a_model_without_the_part_says_what_trains_it(loaded):
    with pytest.raises(ValueError, match=r"no part image_tower.*runs/image_tower\.gin"):
        loaded.mulan.check_image("a.png")


def test_an_image_tower_into_another_space(folder, tmp_path):
    other = dataclasses.replace(IMAGES, embed_dim=5)
    copy = with_images(folder, tmp_path / "model", other)
    with pytest.raises(ValueError, match="leads into 5 dimensions, and MuLan into 6"):
        tokenizers.Tokenizers.load(copy)
