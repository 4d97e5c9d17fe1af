"""What of a model must agree: parts with their tensors, and parts with each other.

Sizes that a config asks for are those of the network's own `init`, by shapes alone.
"""

import functools
from collections.abc import Mapping
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.data.feeding.frozen_tokenizers import words
from musiclm_jax.data.text.vocabulary import check_size
from musiclm_jax.files import fingerprints, params_file
from musiclm_jax.tokens import TokenSpec, Vocabulary, music_vocabulary

Shapes = dict[str, tuple[int, ...]]


def seal(entry: Mapping[str, Any]) -> str:
    """Returns a hash of all that `check_part` compares, of a part's entry."""
    return fingerprints.of([entry.get(name) for name in ("kind", "config", "sha256")])


def check_part(config: Any, params: Mapping[str, Any], *, where: str) -> None:
    """Checks that parameters are those that a config asks for; more does no harm.

    Args:
        config: of one of the `kinds`.
        params: nested.
        where: names the part in the error.

    Raises:
        ValueError: one is missing, of another shape or not finite, or no network is of
            this config.
    """
    flat = params_file.flatten(params)
    for name, each in flat.items():
        if not np.isfinite(each).all():
            raise ValueError(f"{where} is damaged: {name} is not finite")
    there = {name: each.shape for name, each in flat.items()}
    try:
        wanted = _wanted(config, there)
    except Exception as error:  # Networks raise whatever their layers raise.
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ValueError(
            f"{where} has a config of which no network can be made: {reason}"
        ) from error
    for name, shape in wanted.items():
        if name not in there:
            raise ValueError(f"{where} does not fit its config: it has no {name}")
        if there[name] != shape:
            raise ValueError(
                f"{where} does not fit its config: {name} is {list(there[name])}, and "
                f"by the config {list(shape)}"
            )


def _wanted(config: Any, there: Shapes) -> Shapes:
    """Returns the shapes that a config asks for, by their names in a file."""
    from musiclm_jax.codec import network as codec_network
    from musiclm_jax.lm.config import StageConfig
    from musiclm_jax.melody import network as melody_network
    from musiclm_jax.mulan import image_tower
    from musiclm_jax.mulan import network as mulan_network
    from musiclm_jax.semantic.aspects import AspectsConfig
    from musiclm_jax.semantic.network import W2vBertConfig
    from musiclm_jax.soundstorm.network import SoundStormConfig

    if isinstance(config, mulan_network.MuLanConfig):
        towers = _shapes(functools.partial(mulan_network.init_params, config))
        return towers | _codebooks(there, None, None, config.embed_dim)
    if isinstance(config, melody_network.MelodyConfig):
        network = _shapes(functools.partial(melody_network.init_params, config))
        named = {f"network/{name}": shape for name, shape in network.items()}
        return named | _codebooks(there, None, None, config.embed_dim)
    if isinstance(config, image_tower.ImageTowerConfig):
        return _shapes(functools.partial(image_tower.init_params, config))
    if isinstance(config, StageConfig):
        return _shapes(functools.partial(_init_stage, config))
    if isinstance(config, SoundStormConfig):
        return _shapes(functools.partial(_init_soundstorm, config))
    if isinstance(config, W2vBertConfig | AspectsConfig):
        return _flat(config.boxed_network()) | _centroids(config, there)
    if isinstance(config, codec_network.CodecConfig):
        sizes = (config.num_quantizers, config.codebook_size, config.embed_dim)
        halves = _shapes(functools.partial(codec_network.init_params, config))
        return halves | {"codebooks": sizes}
    return {}


def _shapes(init: Any) -> Shapes:
    return _flat(jax.eval_shape(init, jax.random.key(0)))


def _flat(boxed: Any) -> Shapes:
    shapes, _ = jax.tree_util.tree_flatten_with_path(nn.meta.unbox(boxed))
    return {
        jax.tree_util.keystr(path, simple=True, separator="/"): leaf.shape
        for path, leaf in shapes
    }


def _init_stage(config: Any, rng: jax.Array) -> Any:
    layout = config.layout(config.stage.crop_seconds)
    tokens = jnp.zeros((1, len(layout.positions)), jnp.int32)
    return config.build().init(rng, tokens, layout)["params"]


def _init_soundstorm(config: Any, rng: jax.Array) -> Any:
    codes = {
        spec.name: jnp.zeros(
            (1, spec.num_frames(config.crop_seconds), spec.num_quantizers), jnp.int32
        )
        for spec in config.vocabulary.specs
    }
    conditioned = jnp.ones((1,), bool)
    return config.build().init(rng, codes, is_conditioned=conditioned)["params"]


def _codebooks(
    there: Shapes, levels: int | None, codes: int | None, dim: int | None
) -> Shapes:
    """Of what is fitted later, if at all; None is a size that the config leaves."""
    found = there.get("codebooks")
    if found is None:
        return {}
    found = (*found, 0, 0, 0)[:3]
    wanted = (levels, codes, dim)
    return {
        "codebooks": tuple(
            have if want is None else want
            for have, want in zip(found, wanted, strict=True)
        )
    }


def _centroids(config: Any, there: Shapes) -> Shapes:
    wanted = _codebooks(there, 1, config.num_centroids, None)
    if wanted:
        (dim,) = wanted["codebooks"][2:]
        wanted |= {"mean": (dim,), "std": (dim,)}
    return wanted


def tokens_of(
    configs: Mapping[str, Any], codebooks: Mapping[str, tuple[int, ...]]
) -> Vocabulary:
    """Returns kinds, rates and levels of the codes that tokenizers make.

    Args:
        configs: of the parts semantic and codec, and of melody where there is one.
        codebooks: shape [level, code, dim] of MuLan's, and of melody's where there are
            some.
    """
    levels, codes, _ = codebooks["mulan"]
    semantic, codec = configs["semantic"], configs["codec"]
    acoustic = (codec.codebook_size, codec.num_quantizers, codec.frame_rate)
    melody = None
    if "melody" in codebooks:
        melody_levels, melody_codes, _ = codebooks["melody"]
        rate = 1 / configs["melody"].hop_seconds
        melody = TokenSpec("melody", melody_codes, melody_levels, rate)
    return music_vocabulary(
        mulan=TokenSpec("mulan", codes, levels, 0.0),
        semantic=TokenSpec("semantic", semantic.num_centroids, 1, semantic.frame_rate),
        acoustic=TokenSpec("acoustic", *acoustic),
        melody=melody,
    )


def check_together(
    configs: Mapping[str, Any],
    *,
    codebooks: Mapping[str, tuple[int, ...]],
    vocabulary: Any,
    where: str,
) -> None:
    """Checks that parts of a model belong together, as far as they are there.

    Args:
        configs: name of each part -> its config.
        codebooks: name of each part that has some -> their shape.
        vocabulary: tokenizer that the text tower reads by, if there is one.
        where: names the model in the error.

    Raises:
        ValueError: two have other sample rates, a stage has other tokens than the
            tokenizers make, or the vocabulary is larger than the text tower's table.
    """
    heard = {
        name: mel.sample_rate
        for name, mel in (
            ("codec", configs.get("codec")),
            ("semantic", configs.get("semantic")),
            ("mulan", getattr(configs.get("mulan"), "mel", None)),
            ("melody", configs.get("melody")),
        )
        if mel is not None
    }
    if len(set(heard.values())) > 1:
        rates = ", ".join(f"{name} {rate}" for name, rate in heard.items())
        raise ValueError(
            f"the parts of {where} do not fit each other: their samples a second are "
            f"{rates}"
        )
    if vocabulary is not None and "mulan" in configs:
        check_size(
            vocabulary,
            configs["mulan"].text_tower.vocab_size,
            where=f"the vocabulary of {where}",
            table="the table of its text tower",
        )
    if "mulan" not in codebooks or not {"codec", "semantic"} <= configs.keys():
        return
    made = tokens_of(configs, codebooks)
    by_name = {spec.name: spec for spec in made.specs}
    for name, config in configs.items():
        for spec in getattr(getattr(config, "vocabulary", None), "specs", ()):
            if spec != by_name.get(spec.name, spec):
                raise ValueError(
                    f"part {name} of {where} does not fit its tokenizers: it has "
                    f"{words(spec)}, and they make {words(by_name[spec.name])}"
                )


def check_words(task: Any, batches: Any) -> None:
    """Checks that a text tower that is to be trained has a row for every piece.

    Args:
        task: of any training.
        batches: that it learns from.

    Raises:
        ValueError: the vocabulary of the batches is larger.
    """
    tower = getattr(getattr(task, "config", None), "text_tower", None)
    if tower is not None and hasattr(batches, "tokenizer"):
        check_size(
            batches.tokenizer(),
            tower.vocab_size,
            where=f"the vocabulary {batches.vocabulary}",
            table="MULAN_VOCABULARY_SIZE, the table of the text tower,",
        )
