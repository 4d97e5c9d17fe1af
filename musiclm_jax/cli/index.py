"""`musiclm index`: token records to one file, to look for likeness to them in.

`musiclm generate --check_memorisation` reads it.
"""

import argparse
import dataclasses
from pathlib import Path

from musiclm_jax.cli import origin, outputs
from musiclm_jax.cli.progress import Progress
from musiclm_jax.files import whole_files

_SUFFIX = ".safetensors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    parser.add_argument(
        "--tokens",
        required=True,
        type=Path,
        metavar="FOLDER",
        help="records that `musiclm tokenize` wrote, of what the model was trained on",
    )
    parser.add_argument("--split", default="train", help="of the records (train)")
    origin.add_arguments(parser)
    parser.add_argument(
        "--output",
        required=True,
        type=Path,
        metavar="FILE",
        help="the index, a .safetensors file",
    )
    outputs.add_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Reads the records, and writes the index.

    Raises:
        ValueError: an argument that cannot be, or records of other tokenizers.
        OSError: a file or folder that cannot be read or written.
    """
    if options.output.suffix != _SUFFIX:
        raise ValueError(f"--output {options.output}: an index ends in {_SUFFIX}")
    whole_files.check_output(options.output)
    outputs.check_free(options.output, "output", options)

    from musiclm_jax.bundle import Bundle, default_folder
    from musiclm_jax.data.records.token_records import TokenRecordSource
    from musiclm_jax.evaluation import memorisation, nearness, token_index

    bundle = Bundle.load(options.model or default_folder())
    source = TokenRecordSource(
        options.tokens, options.split, tokenizers=bundle.tokenizers_hash()
    )
    index = token_index.TokenIndex.of_records(
        source,
        frame_rate=float(source.metadata.semantic_frame_rate),
        tokenizer=token_index.fingerprint(bundle),
        dataset=source.metadata.dataset,
    )
    codebook = bundle.load_part("semantic")[1]["codebooks"][0]
    with Progress() as progress:
        near = nearness.near_each_other(
            index,
            memorisation.centroid_distances(codebook),
            progress=lambda share: progress("clips compared", share),
        )
    dataclasses.replace(index, near=near).save(options.output)
    print(options.output)
