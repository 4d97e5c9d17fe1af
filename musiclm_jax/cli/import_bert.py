"""`musiclm import bert`: a published language model that MuLan's text tower starts as.

BERT and what has its shape, such as MiniLM: a folder with `config.json`,
`model.safetensors` and `tokenizer.json` or `vocab.txt`. `shared/text_start.gin` says
how a training takes the result.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from musiclm_jax.files import whole_files

TOKENIZER = "tokenizer.json"
WORD_PIECES = "vocab.txt"
TOKENIZER_CONFIG = "tokenizer_config.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    parser.add_argument(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="config.json, model.safetensors, and tokenizer.json or vocab.txt",
    )
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="the text tower's start; nothing else may be there",
    )


def run(options: argparse.Namespace) -> None:
    """Reads, checks that all belongs together, and writes.

    Raises:
        ValueError: a file that is damaged, of another kind of model, or of another
            model than the others.
        OSError: a missing file, or something that is there already.
    """
    from musiclm_jax.mulan import bert, text_start

    folder, output = options.folder.expanduser(), options.output.expanduser()
    if output.exists() and not (output / text_start.CONFIG).is_file():
        raise FileExistsError(f"{output} is there already; give another --output")
    whole_files.check_folder(output)
    config, params = bert.read(folder)
    tokenizer = _read_tokenizer(folder)
    ids = tokenizer.get_vocab().values()
    if len(ids) != config.vocab_size or max(ids) >= config.vocab_size:
        raise ValueError(
            f"the vocabulary in {folder} has {len(ids)} pieces with ids up to "
            f"{max(ids)}, and the model {config.vocab_size} of them: one does not "
            "belong to the other"
        )
    text_start.write(output, config, params, tokenizer.to_str().encode())
    print(
        f"{output}: {config.num_layers} layers of {config.embed_dim}, "
        f"{config.num_heads} heads, {config.vocab_size} word pieces"
    )


def _read_tokenizer(folder: Path) -> Any:
    """The tokenizer in the newer form, or else the older one."""
    from musiclm_jax.data.text import vocabulary

    if (folder / TOKENIZER).is_file():
        return vocabulary.load_vocabulary(folder / TOKENIZER)
    if not (folder / WORD_PIECES).is_file():
        raise FileNotFoundError(
            f"there is no vocabulary in {folder}: neither {TOKENIZER} nor {WORD_PIECES}"
        )
    path = folder / TOKENIZER_CONFIG
    try:
        fields = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        lowercase = fields.get("do_lower_case", True)
    except (ValueError, RecursionError, AttributeError):
        raise ValueError(f"{path} is not a JSON object") from None
    return vocabulary.read_word_pieces(folder / WORD_PIECES, lowercase=bool(lowercase))
