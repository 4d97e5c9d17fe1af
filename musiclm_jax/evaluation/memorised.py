"""How much of a training clip is repeated note for note, told by its tokens.

MusicLM, section 4.4, compares semantic tokens that are generated with those of the
training set, given the prompt and the first tokens of a training clip; here given
captions of held-out clips alone.
"""

import numpy as np


def longest_runs(pieces: np.ndarray, clips: np.ndarray) -> np.ndarray:
    """Finds the longest run of tokens that each piece shares with any clip.

    Args:
        pieces: [piece, time], codes, not negative.
        clips: [clip, time], codes of the training clips; the time may differ.

    Returns:
        [piece], tokens.
    """
    # No piece holds the separator, so that no run goes on into the next clip.
    text = np.pad(clips, ((0, 0), (0, 1)), constant_values=-1).reshape(-1)
    longest = np.zeros(len(pieces), int)
    for number, piece in enumerate(pieces):
        # Length of the run that ends at each place of the text with the token at hand.
        run = np.zeros(len(text) + 1, np.int32)
        for token in piece:
            run[1:] = np.where(text == token, run[:-1] + 1, 0)
            longest[number] = max(longest[number], run.max())
    return longest


def shuffled(pieces: np.ndarray, *, seed: int) -> np.ndarray:
    """Returns pieces [piece, time], each with its own tokens in an order of chance.

    What these share with a clip, any music of such tokens would.
    """
    return np.random.default_rng(seed).permuted(pieces, axis=1)
