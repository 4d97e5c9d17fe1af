"""Token records as a seqio task: the very examples of `TokenBatches`, in its order.

An example is a pure function of its place in that order, so nothing is shuffled here,
the hosts take turns at the places, and a position that is checkpointed
(`SaveCheckpointConfig.save_dataset`) is resumed exactly.
"""

from typing import Any, ClassVar

import numpy as np
import seqio
import tensorflow as tf

from musiclm_jax.data.feeding.pipelines import TokenBatches


class TokenExamples(seqio.DataSource):
    """Crops of token records, {kind: [time, level] int32}.

    The training split never ends. Neither seqio's seed nor its shuffling changes
    anything: both are the batches' own.
    """

    def __init__(self, batches: TokenBatches):
        self._batches = batches
        super().__init__(
            splits=(batches.train_split, batches.eval_split),
            caching_permitted=False,
            performs_internal_shuffling=True,
        )

    @property
    def supports_arbitrary_sharding(self) -> bool:
        """True: shards take turns at the places."""
        return True

    def list_shards(self, split: str) -> list[str]:
        """Returns one name, since any number of shards can be had."""
        return [split]

    def get_dataset(
        self,
        split: str = "train",
        shuffle: bool = True,
        seed: int | None = None,
        shard_info: seqio.ShardInfo | None = None,
        **unused: Any,
    ) -> tf.data.Dataset:
        """Returns the examples of one shard of a split."""
        del shuffle, seed, unused
        shard = shard_info or seqio.ShardInfo(index=0, num_shards=1)
        examples = self._batches.examples(
            split, repeat=split == self._batches.train_split
        )
        shapes = {
            name: shape.shape[1:] for name, shape in self._batches.shapes().items()
        }

        def read(place: np.ndarray) -> list[np.ndarray]:
            example = examples[int(place)]
            return [example[name] for name in shapes]

        def example(place: tf.Tensor) -> dict[str, tf.Tensor]:
            arrays = tf.numpy_function(read, [place], [tf.int32] * len(shapes))
            return {
                name: tf.ensure_shape(array, shapes[name])
                for name, array in zip(shapes, arrays, strict=True)
            }

        places = tf.data.Dataset.range(shard.index, len(examples), shard.num_shards)
        options = tf.data.Options()
        # `read` has no state of its own that a checkpoint would miss.
        options.experimental_external_state_policy = (
            tf.data.experimental.ExternalStatePolicy.IGNORE
        )
        dataset = places.map(example, num_parallel_calls=tf.data.AUTOTUNE)
        return dataset.with_options(options)


class CodesConverter(seqio.PassThroughFeatureConverter):
    """What the model reads is what the task has: codes by kind."""

    # seqio's evaluator asks along which axis a feature may vary; codes have one length.
    TASK_FEATURES: ClassVar[dict] = {}
    pack = False

    def __init__(self, *, pack: bool = False, use_custom_packing_ops: bool = False):
        """Takes what t5x gives to every converter.

        Raises:
            ValueError: packing is asked for.
        """
        if pack or use_custom_packing_ops:
            raise ValueError("codes are not packed: pack=True must be pack=False")
        super().__init__()


def log_likelihood(targets: list[np.ndarray], scores: list[float]) -> dict[str, float]:
    """The mean log-likelihood of an example, for t5x's inference evaluation."""
    del targets
    return {"log_likelihood": float(np.mean(scores))}


def register(*, name: str, batches: TokenBatches) -> str:
    """Makes a task of token records known to seqio, in place of one of that name.

    Args:
        name: of the task.
        batches: what the examples are; seqio batches them itself.

    Returns:
        The name, for `DatasetConfig.mixture_or_task_name`.
    """
    if name in seqio.TaskRegistry.names():
        seqio.TaskRegistry.remove(name)
    features = {
        spec.name: seqio.Feature(
            vocabulary=seqio.PassThroughVocabulary(size=spec.codebook_size),
            add_eos=False,
            dtype=tf.int32,
            rank=2,
        )
        for spec in batches.vocabulary.specs
    }
    seqio.TaskRegistry.add(
        name,
        source=TokenExamples(batches),
        preprocessors=[],
        output_features=features,
        metric_fns=[log_likelihood],
        shuffle_buffer_size=None,
    )
    return name
