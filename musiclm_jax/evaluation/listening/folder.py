"""A test as files: what listeners get, and apart from it the key.

TEST/listeners/index.html     the page, which runs from the disk
TEST/listeners/clips/         what it plays
TEST/key.json                 stays with who made the test
"""

import hashlib
import importlib.resources
import json
from collections.abc import Sequence
from pathlib import Path

from musiclm_jax.data.sound import audio_files
from musiclm_jax.evaluation.listening import clips
from musiclm_jax.evaluation.listening.key import FORMAT, Key
from musiclm_jax.evaluation.listening.layout import Question
from musiclm_jax.evaluation.listening.pieces import Asked
from musiclm_jax.files import whole_files

LISTENERS = "listeners"
KEY = "key.json"
PAGE = "index.html"
_CLIPS = "clips"
_PLACE = "/* the test */"


def write(
    folder: Path,
    systems: Sequence[str],
    asked: Sequence[Asked],
    questions: Sequence[Question],
    *,
    seconds: float,
) -> Key:
    """Writes a test, whole or not at all.

    Args:
        folder: not there yet, or empty.
        systems: their names.
        asked: what they have made, by prompt.
        questions: of the test.
        seconds: length of the clips.

    Raises:
        ValueError: a piece cannot be read, or is silent.
        OSError: the folder cannot be written.
    """
    files = {each.name: each.files for each in asked}
    with whole_files.folder_appearing(folder) as unfinished:
        sound = unfinished / LISTENERS / _CLIPS
        sound.mkdir(parents=True)
        digests = {}
        for question in questions:
            pieces = files[question.name]
            heard = clips.pair(
                pieces[question.left], pieces[question.right], seconds=seconds
            )
            for name, audio in zip(_names(question), heard, strict=True):
                content = audio_files.encode_audio(audio, clips.SAMPLE_RATE, ".wav")
                (sound / name).write_bytes(content)
                digests[name] = hashlib.sha256(content).hexdigest()
        key = Key.of(tuple(systems), tuple(questions), digests)
        (sound.parent / PAGE).write_text(page(key), encoding="utf-8")
        text = json.dumps(key.json(), ensure_ascii=False, indent=1)
        (unfinished / KEY).write_text(text + "\n", encoding="utf-8")
    return key


def page(key: Key) -> str:
    """Returns the page of a test, which says nothing of the systems."""
    shown = {
        "format": FORMAT,
        "test": key.test,
        "questions": [
            {
                "number": question.number,
                "prompt": question.prompt,
                "clips": [f"{_CLIPS}/{name}" for name in _names(question)],
            }
            for question in key.questions
        ],
    }
    # Whatever a prompt holds, it does not end the element that it is in.
    told = json.dumps(shown, ensure_ascii=True).replace("<", "\\u003c")
    here = importlib.resources.files(__package__)
    template = (here / "page.html").read_text(encoding="utf-8")
    return template.replace(_PLACE, told)


def _names(question: Question) -> tuple[str, str]:
    return f"{question.number:04}-a.wav", f"{question.number:04}-b.wav"
