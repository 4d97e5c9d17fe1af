"""The words that MuLan's text tower reads: a WordPiece vocabulary in BERT's manner.

MuLan, section 3.2: captions are tokenised by BERT's WordPiece vocabulary. One is
trained here from the captions at hand; BERT's own `tokenizer.json` loads alike, and
older models' list of pieces, `vocab.txt`.
"""

import collections
import os
import pathlib
from collections.abc import Iterable, Sequence

import numpy as np
import tokenizers
from tokenizers import (
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from musiclm_jax.files import whole_files

PAD, UNKNOWN, START, END = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
_SPECIAL = (PAD, UNKNOWN, START, END)


def train_vocabulary(captions: Iterable[str], vocab_size: int) -> tokenizers.Tokenizer:
    """Trains a WordPiece vocabulary.

    Args:
        captions: texts to learn from, read once, of which only the different words are
            held in memory; letters that they lack become unknown.
        vocab_size: most entries it may have, the special ones among them.

    Returns:
        A tokenizer that lower-cases, strips accents, splits at punctuation, and puts
        START and END around each text.

    Raises:
        ValueError: the letters alone are more.
    """
    trained = _untrained(models.WordPiece(unk_token=UNKNOWN))
    words = collections.Counter()
    for caption in captions:
        words.update(_words(trained, caption))
    letters = sorted(set("".join(words)))
    least = len(_SPECIAL) + 2 * len(letters)
    if vocab_size < least:
        raise ValueError(
            f"a vocabulary of {vocab_size} entries has no place for the letters of "
            f"these captions, which alone are {least}: give it at least as many"
        )
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size,
        # The trainer would number letters inside words in the order of a hash table,
        # another one each time; given as special, they keep their places.
        special_tokens=[*_SPECIAL, *(f"##{letter}" for letter in letters)],
        initial_alphabet=letters,
        show_progress=False,
    )
    trained.train_from_iterator(words.elements(), trainer)
    # They were special only for that: the result gets the plain vocabulary.
    return _with_ends(models.WordPiece(trained.get_vocab(), unk_token=UNKNOWN))


def load_vocabulary(path: str | os.PathLike) -> tokenizers.Tokenizer:
    """Loads a tokenizer of ours, or BERT's `tokenizer.json`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no tokenizer, or one of another kind than BERT's.
    """
    path = pathlib.Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"there is no vocabulary at {path}")
    try:
        tokenizer = tokenizers.Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the library raises plain Exception
        raise ValueError(f"{path} is not a tokenizer.json: {error}") from None
    # `encode_texts` pads and cuts; BERT's file would do so before it.
    tokenizer.no_padding()
    tokenizer.no_truncation()
    around = tokenizer.encode("").tokens
    if around != [START, END]:
        raise ValueError(
            f"{path} puts {' '.join(around) or 'nothing'} around a text; the text "
            f"tower needs {START} and {END}, as BERT's vocabularies have them"
        )
    return tokenizer


def check_size(
    tokenizer: tokenizers.Tokenizer, rows: int, *, where: str, table: str
) -> None:
    """Checks that a text tower has a row for every piece.

    Args:
        tokenizer: whose ids it reads.
        rows: of its table.
        where: names the tokenizer in the error.
        table: names the table in the error.

    Raises:
        ValueError: some id is beyond.
    """
    largest = max(tokenizer.get_vocab().values(), default=-1)
    if largest >= rows:
        raise ValueError(
            f"{where} has {tokenizer.get_vocab_size():,} entries, with ids up to "
            f"{largest:,}, more than {table} of {rows:,}: one does not belong to the "
            "other"
        )


def read_word_pieces(
    path: str | os.PathLike, *, lowercase: bool
) -> tokenizers.Tokenizer:
    """Reads BERT's older form of a vocabulary: one piece a line, in the order of ids.

    Args:
        path: the file, such as `vocab.txt`.
        lowercase: whether capitals and accents are taken off texts first.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no such list, or lacks a special piece.
    """
    path = pathlib.Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"there is no vocabulary at {path}")
    try:
        pieces = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8, so no list of word pieces") from None
    ids = {piece: number for number, piece in enumerate(pieces)}
    missing = [piece for piece in _SPECIAL if piece not in ids]
    if missing:
        raise ValueError(f"{path} has no {', '.join(missing)}: no vocabulary of BERT's")
    if len(ids) < len(pieces):
        raise ValueError(f"{path} has a piece twice, so ids that mean the same")
    return _with_ends(models.WordPiece(ids, unk_token=UNKNOWN), lowercase=lowercase)


def save_vocabulary(tokenizer: tokenizers.Tokenizer, path: str | os.PathLike) -> None:
    """Writes a tokenizer as JSON; the file appears whole."""
    path = pathlib.Path(path).expanduser()
    whole_files.make_folder(path.parent)
    whole_files.write(path, tokenizer.to_str().encode())


def encode_texts(
    tokenizer: tokenizers.Tokenizer, texts: Sequence[str], max_length: int
) -> np.ndarray:
    """Encodes texts as rows of ids.

    Args:
        tokenizer: vocabulary and rules.
        texts: what to encode.
        max_length: length of a row. Longer texts lose their end but keep the last
            special token; shorter ones are filled with -1, which is no id.

    Returns:
        [batch, length] int32.
    """
    ids = np.full((len(texts), max_length), -1, np.int32)
    for row, encoding in zip(ids, tokenizer.encode_batch(list(texts)), strict=True):
        kept = encoding.ids[:max_length]
        if len(encoding.ids) > max_length:
            kept[-1] = encoding.ids[-1]
        row[: len(kept)] = kept
    return ids


def windows_of(
    tokenizer: tokenizers.Tokenizer, text: str, max_length: int
) -> np.ndarray:
    """Encodes all of a text, in as many rows as it takes; see `encode_texts`.

    Returns:
        [window, length] int32, each with START and END; of a text that fits, one.
    """
    ids = tokenizer.encode(text).ids
    inner, room = ids[1:-1], max_length - 2
    count = max(1, -(-len(inner) // room))
    # Of one length, about: a last window of a word would count as much as the others.
    length = max(1, -(-len(inner) // count))
    rows = np.full((count, max_length), -1, np.int32)
    for number, row in enumerate(rows):
        part = inner[number * length : (number + 1) * length]
        row[: len(part) + 2] = [ids[0], *part, ids[-1]]
    return rows


def unknown_words(tokenizer: tokenizers.Tokenizer, text: str) -> list[str]:
    """Returns the words of a text that became UNKNOWN, each once."""
    encoding = tokenizer.encode(text)
    pairs = zip(encoding.tokens, encoding.offsets, strict=True)
    places = [place for token, place in pairs if token == UNKNOWN]
    return list(dict.fromkeys(text[start:end] for start, end in places))


def _with_ends(
    model: models.WordPiece, *, lowercase: bool = True
) -> tokenizers.Tokenizer:
    """Puts BERT's rules around a model, and START and END around each text."""
    tokenizer = _untrained(model, lowercase=lowercase)
    tokenizer.add_special_tokens(list(_SPECIAL))
    start, end = ((t, tokenizer.token_to_id(t)) for t in (START, END))
    tokenizer.post_processor = processors.BertProcessing(end, start)
    return tokenizer


def _untrained(
    model: models.WordPiece, *, lowercase: bool = True
) -> tokenizers.Tokenizer:
    """Puts BERT's rules for case, accents and punctuation around a model."""
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def _words(tokenizer: tokenizers.Tokenizer, caption: str) -> list[str]:
    """Returns the words of a caption as the rules leave them."""
    normalized = tokenizer.normalizer.normalize_str(caption)
    return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normalized)]
