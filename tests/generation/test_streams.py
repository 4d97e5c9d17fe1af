import jax.numpy as jnp
import numpy as np

from musiclm_jax.generation.streams import CodeStream


def counted(lengths, asked):
    frame = 0
    for length in lengths:
        asked.append(length)
        yield jnp.arange(frame, frame + length).reshape(1, length, 1)
        frame += length


def test_no_more_is_written_than_is_asked_for():
    asked = []
    stream = CodeStream(counted([3, 4, 5], asked))
    assert asked == []
    np.testing.assert_array_equal(stream.between(1, 3)[0, :, 0], [1, 2])
    assert asked == [3]
    np.testing.assert_array_equal(stream.between(2, 6)[0, :, 0], [2, 3, 4, 5])
    assert asked == [3, 4]


def test_two_may_read_and_the_end_is_where_it_is():
    stream = CodeStream(counted([3, 4, 5], []))
    assert stream.between(10, 20).shape == (1, 2, 1)
    chunks = [chunk[0, :, 0] for chunk in stream]
    np.testing.assert_array_equal(np.concatenate(chunks), np.arange(12))
    lengths = [chunk.shape[1] for chunk in CodeStream(counted([3, 4, 5], []))]
    assert lengths == [3, 4, 5]
