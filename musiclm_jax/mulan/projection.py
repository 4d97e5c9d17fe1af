"""The last layer of every tower."""

import flax.linen as nn


def projection(embed_dim: int, *, name: str) -> nn.Dense:
    """The linear layer that leads from a tower into the shared space."""
    return nn.Dense(
        embed_dim,
        kernel_init=nn.with_logical_partitioning(
            nn.initializers.lecun_normal(), ("mlp", "embed")
        ),
        bias_init=nn.with_logical_partitioning(nn.initializers.zeros, ("embed",)),
        name=name,
    )
