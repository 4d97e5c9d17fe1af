"""What a piece was made from, kept in its file and beside it; loads no JAX.

out.wav             has the card in its comment, where the format has one
out.wav.json        the card
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from musiclm_jax.data.sound import audio_files
from musiclm_jax.files import config_json, whole_files
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.request import RECORDINGS, Request

FORMAT = 1
SUFFIX = ".json"
"""Behind the name of a file of sound: its card."""

_ASKED = ("prompt", "seconds", "seed")
_TOLD = {*_ASKED, "steering"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Origin:
    """What makes pieces.

    Attributes:
        model: hash of the bundle.
        device: kind of the devices, such as "cpu".
        versions: of what computes, by name.
    """

    model: str
    device: str
    versions: dict[str, str]


def make(
    request: Request,
    *,
    place: int,
    num: int,
    config: GenerationConfig,
    origin: Origin,
    audio: np.ndarray,
    rows: int = 1,
) -> dict[str, Any]:
    """Describes a piece.

    Args:
        request: that asked for it.
        place: of the piece among those of its prompt, from 0.
        num: pieces that were made of the prompt.
        config: how it was sampled.
        origin: what made it.
        audio: [sample].
        rows: prompts that were asked for at once: another number of rows is another
            program, which rounds otherwise.
    """
    return {
        **asked(request, config),
        "recordings": {
            name: hashlib.sha256(Path(getattr(request, name)).read_bytes()).hexdigest()
            for name in RECORDINGS
            if getattr(request, name) is not None
        },
        "place": place,
        "num": num,
        "rows": rows,
        **dataclasses.asdict(origin),
        "samples_sha256": digest(audio),
    }


def asked(request: Request, config: GenerationConfig) -> dict[str, Any]:
    """Describes what is asked for, and how it is sampled."""
    return {
        "format": FORMAT,
        **{name: getattr(request, name) for name in _ASKED},
        "steering": request.steering(),
        "sampling": config_json.to_json(config),
    }


def of_story(
    content: Mapping[str, Any],
    *,
    span: int | None,
    config: GenerationConfig,
    origin: Origin,
    audio: np.ndarray,
) -> dict[str, Any]:
    """Describes the piece of a story.

    Args:
        content: of the story, for `story.story_of`.
        span: that was made alone, from 1, if not all were.
        config: how it was sampled, before the story's own settings.
        origin: what made it.
        audio: [sample].
    """
    return {
        "format": FORMAT,
        "story": dict(content),
        "span": span,
        "sampling": config_json.to_json(config),
        **dataclasses.asdict(origin),
        "samples_sha256": digest(audio),
    }


def digest(audio: np.ndarray) -> str:
    """Returns the hash of sound [sample] as it is written: 16 bits."""
    return hashlib.sha256(audio_files.to_int16(audio).tobytes()).hexdigest()


def check_output(path: Path) -> None:
    """Checks that sound and its card can be written; see `audio_files.check_output`."""
    audio_files.check_output(path)
    try:
        whole_files.check_output(path.with_name(path.name + SUFFIX))
    except OSError as error:
        error.filename = str(path)
        raise


def write(path: Path, audio: np.ndarray, rate: int, card: Mapping[str, Any]) -> None:
    """Writes a file of sound with its card, and the card beside it.

    The sound comes last: where it is, all is.

    Raises:
        OSError: they cannot be written.
    """
    beside = path.with_name(path.name + SUFFIX)
    shown = json.dumps(card, ensure_ascii=False, indent=1)
    whole_files.write(beside, (shown + "\n").encode())
    try:
        text = json.dumps(card, ensure_ascii=False)
        audio_files.write_audio(path, audio, rate, comment=text)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def read(path: Path) -> dict[str, Any]:
    """Reads the card of a file of sound: its own, or else that beside it.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it has no card, or one that cannot be read.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    beside = path.with_name(path.name + SUFFIX)
    text = audio_files.read_comment(path)
    if not text and beside.is_file():
        text = beside.read_text(encoding="utf-8", errors="replace")
    if not text:
        raise ValueError(
            f"{path} has no card: neither in its comment nor in {beside.name} beside it"
        )
    try:
        card = json.loads(text)
    except (ValueError, RecursionError):
        card = None
    check(card, where=str(path), needed=("model",))
    if "story" not in card and not {"place", "num"} <= card.keys():
        raise ValueError(f"the card of {path} is damaged, or of something else")
    return card


def check(card: Any, *, where: str, needed: Iterable[str] = ()) -> None:
    """Looks whether a card has what tells what was asked for.

    Args:
        card: what was read.
        where: of what file it is.
        needed: what else it must tell.

    Raises:
        ValueError: it has not, or is of another version.
    """
    told = {"story"} if isinstance(card, dict) and "story" in card else _TOLD
    if not isinstance(card, dict) or not {*told, "sampling", *needed} <= card.keys():
        raise ValueError(f"the card of {where} is damaged, or of something else")
    if card.get("format") != FORMAT:
        raise ValueError(
            f"the card of {where} has format {card.get('format')}; this version of "
            f"musiclm_jax reads format {FORMAT}"
        )


def request_of(card: Mapping[str, Any]) -> Request:
    """Returns what a card says was asked for.

    Raises:
        ValueError: it cannot be asked for.
        FileNotFoundError: a recording is no longer there.
    """
    try:
        return Request(**{name: card[name] for name in _ASKED}, **card["steering"])
    except TypeError as error:
        raise ValueError(f"the card asks for what there is not: {error}") from None


def config_of(card: Mapping[str, Any]) -> GenerationConfig:
    """Returns how a card says that its piece was sampled.

    Raises:
        ValueError: it is damaged.
    """
    return config_json.from_json(GenerationConfig, card["sampling"], where="the card")


def differences(card: Mapping[str, Any], here: Origin) -> list[str]:
    """Says what is not as it was: a reason each, why a piece may come out otherwise."""
    found = []
    for name, digest_then in card.get("recordings", {}).items():
        path = Path(card["steering"][name])
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest_then:
            found.append(f"{path} is another recording by now")
    if card["model"] != here.model:
        found.append(f"the model is {here.model[:12]}, it was {card['model'][:12]}")
    if card.get("device") != here.device:
        found.append(f"the device is {here.device}, it was {card.get('device')}")
    for name, version in here.versions.items():
        was = card.get("versions", {}).get(name)
        if was != version:
            found.append(f"{name} is {version}, it was {was}")
    return found
