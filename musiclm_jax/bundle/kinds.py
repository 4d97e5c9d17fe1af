"""The kinds of parts that a bundle may have: one config class each."""


def kinds() -> dict[str, type]:
    """Returns the config class of every kind of part.

    A function, so that reading a manifest does not import the networks.
    """
    from musiclm_jax.codec.soundstream import SoundStreamConfig
    from musiclm_jax.codec.tone import ToneCodecConfig
    from musiclm_jax.lm.config import StageConfig
    from musiclm_jax.melody.network import MelodyConfig
    from musiclm_jax.mulan.image_tower import ImageTowerConfig
    from musiclm_jax.mulan.network import MuLanConfig
    from musiclm_jax.semantic.aspects import AspectsConfig
    from musiclm_jax.semantic.network import W2vBertConfig
    from musiclm_jax.soundstorm.network import SoundStormConfig

    return {
        "codec": SoundStreamConfig,
        "tone_codec": ToneCodecConfig,
        "semantic": W2vBertConfig,
        "semantic_aspects": AspectsConfig,
        "mulan": MuLanConfig,
        "melody": MelodyConfig,
        "image_tower": ImageTowerConfig,
        "stage": StageConfig,
        "soundstorm": SoundStormConfig,
    }
