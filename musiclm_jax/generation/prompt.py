"""What is asked for: a weighted sum of texts, recordings and pictures; loads no JAX.

    calm piano                                          a text, as it stands
    "calm piano" * 0.7 + audio:clip.wav * 0.3 - "drums"
    "calm piano" * 0.5 + image:starry_night.jpg

A prompt that begins with a quoted text, `audio:` or `image:` is such a sum; any other
is a text. Names of files with spaces or signs in them are quoted too:
`audio:"my song.wav"`.
"""

import dataclasses
import math
import re

KINDS = ("text", "audio", "image")
"""What a term can be of."""

_SHOWN = 30
# Not ', which stands in words, at their beginning too.
_QUOTES = {'"': '"', "“": "”"}
# How a sum begins; what begins otherwise is a text.
_SUM = re.compile(r"""\s*[+-]?\s*(["“]|\w+:\S)""")
_SPACE = re.compile(r"\s*")
_SIGN = re.compile(r"[+-]")
_PREFIX = re.compile(r"(\w+):")
_BARE_NAME = re.compile(r'[^\s*"]+')
_NUMBER = re.compile(r"\d+\.?\d*|\.\d+")


@dataclasses.dataclass(frozen=True)
class Term:
    """A part of a prompt.

    Attributes:
        kind: one of `KINDS`.
        value: the text, or the name of the file.
        weight: how much it counts beside the others; below zero, how far to go from it.
    """

    kind: str
    value: str
    weight: float = 1.0


@dataclasses.dataclass(frozen=True)
class Prompt:
    """A sum of terms in MuLan's space.

    Attributes:
        terms: at least one.
    """

    terms: tuple[Term, ...]

    def __str__(self) -> str:
        if len(self.terms) == 1 and self.terms[0] == Term("text", self.terms[0].value):
            return self.terms[0].value
        return " ".join(
            _written(number, term) for number, term in enumerate(self.terms)
        )


def parse(text: str) -> Prompt:
    """Reads a prompt.

    Raises:
        ValueError: a sum that cannot be read; it names the place.
    """
    if not _SUM.match(text) or _is_plain(text):
        return Prompt((Term("text", text),))
    return Prompt(tuple(_Reader(text).terms()))


def literal(text: str) -> str:
    """Returns the prompt that asks for a text as it stands, however it begins.

    Curved quotes within one that has straight ones too become straight.
    """
    if not _SUM.match(text) or _is_plain(text):
        return text
    value = text.replace("”", '"') if '"' in text else text
    return _written(0, Term("text", value))


def joined(
    prompt: str | None, *, image: str | None = None, image_caption: str | None = None
) -> str | None:
    """Adds a picture and what is said of it to a prompt: each a term of its sum.

    Args:
        prompt: as it was given, if one was.
        image: name of the picture's file.
        image_caption: what can be seen, or what music it suggests; a prompt itself.

    Raises:
        ValueError: one of them that is no text or cannot be read.
    """
    added = {"image": image, "image_caption": image_caption}
    added = {name: value for name, value in added.items() if value is not None}
    for name, value in added.items():
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{name} is {value!r}; it must be text")
    if not added or not (prompt is None or isinstance(prompt, str)):
        return prompt
    texts = [text for text in (prompt, image_caption) if text is not None]
    terms = [term for text in texts for term in parse(text).terms]
    terms += [] if image is None else [Term("image", image)]
    return str(Prompt(tuple(terms)))


def _is_plain(text: str) -> bool:
    """Whether what begins like a sum is one text: another word before a colon."""
    prefix = re.match(r"\s*[+-]?\s*(\w+):", text)
    return prefix is not None and prefix[1] not in KINDS


class _Reader:
    """Reads terms from left to right.

    Attributes:
        text: of the whole sum.
        place: where the next character is.
    """

    def __init__(self, text: str):
        self.text, self.place = text, 0

    def terms(self):
        """Yields the terms.

        Raises:
            ValueError: what stands at a place cannot stand there.
        """
        sign = self._take(_SIGN) or "+"
        while True:
            kind, value = self._source()
            weight = 1.0
            if self._take(re.compile(r"\*")):
                number = self._take(_NUMBER)
                if number is None:
                    raise self._error("a weight such as 0.5 must follow *")
                weight = float(number)
            if not math.isfinite(weight):
                raise self._error("a weight must be finite, before")
            yield Term(kind, value, -weight if sign == "-" else weight)
            if not self.text[self.place :].strip():
                return
            sign = self._take(_SIGN)
            if sign is None:
                raise self._error("+ or - must stand between terms")

    def _source(self) -> tuple[str, str]:
        prefix = self._take(_PREFIX)
        if prefix is None:
            value = self._quoted()
            if value is None:
                raise self._error(
                    'a term must stand here: "a text" in quotes, audio:FILE or '
                    "image:FILE"
                )
            return "text", self._not_empty(value)
        kind = prefix[:-1]
        if kind not in KINDS:
            self.place -= len(prefix)
            raise self._error(f"a term is one of {', '.join(KINDS)}")
        value = self._quoted()
        if value is None:
            value = self._take(_BARE_NAME)
        if value is None:
            raise self._error(f"the name of a file must follow {prefix}")
        return kind, self._not_empty(value)

    def _not_empty(self, value: str) -> str:
        if not value.strip():
            raise self._error("a term is empty, before")
        return value

    def _quoted(self) -> str | None:
        self._take(_SPACE)
        closing = _QUOTES.get(self.text[self.place : self.place + 1])
        if closing is None:
            return None
        end = self.text.find(closing, self.place + 1)
        if end < 0:
            raise self._error("a quote is opened here and never closed")
        value = self.text[self.place + 1 : end]
        self.place = end + 1
        return value

    def _take(self, pattern: re.Pattern) -> str | None:
        """Returns what matches here, behind spaces, and goes on behind it."""
        self.place = _SPACE.match(self.text, self.place).end()
        found = pattern.match(self.text, self.place)
        if found is None:
            return None
        self.place = found.end()
        return found[0]

    def _error(self, said: str) -> ValueError:
        rest = self.text[self.place :]
        shown = rest[:_SHOWN] + ("..." if len(rest) > _SHOWN else "")
        where = f"at character {self.place + 1}, {shown!r}" if rest else "at its end"
        return ValueError(
            f"the prompt cannot be read {where}: {said}; without a quote at its "
            "beginning it is taken as a text"
        )


def _written(number: int, term: Term) -> str:
    sign = "-" if term.weight < 0 else "+"
    sign = "" if sign == "+" and number == 0 else f"{sign} "
    quoted = f'"{term.value}"' if '"' not in term.value else f"“{term.value}”"
    source = quoted if term.kind == "text" else f"{term.kind}:{quoted}"
    weight = "" if abs(term.weight) == 1 else f" * {abs(term.weight):g}"
    return f"{sign}{source}{weight}"
