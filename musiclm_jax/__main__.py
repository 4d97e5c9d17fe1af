"""`python -m musiclm_jax` is the command `musiclm`."""

import sys

from musiclm_jax.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
