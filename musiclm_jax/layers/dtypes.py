"""What layers compute in; parameters, softmax and losses are float32 whatever it is."""

DTYPES = ("float32", "bfloat16")


def check_dtype(name: str) -> None:
    """Raises ValueError unless layers can compute in it."""
    if name not in DTYPES:
        raise ValueError(f"dtype must be {' or '.join(DTYPES)}, got {name!r}")
