"""Prompts that are held out: not one of their words is in any caption."""

import ast
import re
from pathlib import Path

import pytest

import musiclm_jax.data.synth
from musiclm_jax.evaluation import unseen_prompts

PROMPTS = unseen_prompts.read(
    Path(__file__).parents[3] / "benchmarks" / "unseen_prompts.json"
)
# Words that say nothing of the music.
FUNCTION_WORDS = {
    "a", "an", "the", "and", "or", "of", "in", "on", "at", "to", "for", "with",
    "without", "by", "my", "i", "do", "his", "her", "he", "she", "it", "no", "not",
    "nobody", "nothing", "else", "more", "while", "against", "beside", "past",
    "through", "like", "under", "below", "beneath", "after", "then", "from", "them",
    "is", "all",
}  # fmt: skip


FOLDER = Path(musiclm_jax.data.synth.__file__).parent
FILES = (
    "words_*.py", "style_words*.py", "genre_words.py", "frames.py", "sentences.py",
    "slots.py", "captions.py", "pen.py", "piece.py",
)  # fmt: skip
ENDINGS = ("ing", "ed", "es", "s", "ly", "er", "y", "e", "ish")


def caption_words():
    """Words of all strings of these files but their docstrings, in small letters."""
    words = set()
    for pattern in FILES:
        found = sorted(FOLDER.glob(pattern))
        assert found, pattern
        for path in found:
            words |= words_of(" ".join(_strings(path)))
    return words


def words_of(text):
    """Words of a text, those with hyphens in their parts, in small letters."""
    return set(re.findall(r"[a-z0-9]+", text.lower().replace("'", "")))


def stem(word):
    """A word without its ending, roughly, so that no form of it slips through."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            short = word[: -len(ending)]
            return stem(short[:-1] if short[-1] == short[-2] else short)
    return word


def _strings(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in docs:
            yield node.value


@pytest.fixture(scope="module")
def stems():
    return {stem(word) for word in caption_words()}


def test_there_are_forty_that_expect_something():
    assert len({prompt.text for prompt in PROMPTS}) == 40
    for prompt in PROMPTS:
        assert len(prompt.expected) >= 2, prompt


def test_no_answer_is_right_for_most():
    """What always sounds the same is told wrong as often as right."""
    for name, words in (
        *((name, words) for name, (_, words) in unseen_prompts.PLAIN.items()),
        ("has_drums", unseen_prompts.PROBED["has_drums"]),
    ):
        said = [p.expected[name] for p in PROMPTS if name in p.expected]
        shares = [said.count(word) / len(said) for word in words]
        assert min(shares) >= 0.3, (name, shares)


def test_captions_hold_none_of_their_words(stems):
    for prompt in PROMPTS:
        words = words_of(prompt.text) - FUNCTION_WORDS
        assert words, prompt
        used = sorted(word for word in words if stem(word) in stems)
        assert not used, (prompt.text, used)


def test_the_words_of_captions_are_found(stems):
    for word in ("lullaby", "slowly", "drummer", "cello", "8-bit", "humming"):
        assert {stem(part) for part in words_of(word)} <= stems
    assert stem("thumping") == stem("thumps") and stem("sleepily") != stem("slow")
