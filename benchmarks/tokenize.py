"""How fast sound becomes token records: one command, one table.

    python benchmarks/tokenize.py --data_dir data [--bundle FOLDER] [--clips 64]

Two shards of clips of the train split are tokenized as `musiclm tokenize` does it: the
first compiles, the second is measured, by the clock and in processor time, which counts
what other programs of the machine leave. Then each tokenizer alone does the same work
as in the second shard.
"""
