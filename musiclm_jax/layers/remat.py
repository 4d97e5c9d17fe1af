"""Rematerialisation: layers that forget activations and compute them again.

Memory against arithmetic; names and meanings are t5x's.
"""

import flax.linen as nn
import jax

POLICIES = {
    "none": None,
    "minimal": jax.checkpoint_policies.checkpoint_dots_with_no_batch_dims,
    "full": jax.checkpoint_policies.nothing_saveable,
}
"""Name -> what is kept for the gradient: all; products with weights; nothing."""


def check_policy(name: str) -> None:
    """Raises ValueError if there is no such policy."""
    if name not in POLICIES:
        raise ValueError(f"remat_policy {name!r} is none of {', '.join(POLICIES)}")


def remat(
    layer: type[nn.Module], policy: str, *, static_argnums: tuple[int, ...], scan: bool
) -> type[nn.Module]:
    """Returns the layer's class, rematerialised by a policy.

    Args:
        layer: a module's class.
        policy: of `POLICIES`.
        static_argnums: arguments of its call that are no arrays; itself counts as zero.
        scan: whether the layer is scanned, which makes a barrier needless.
    """
    if POLICIES[policy] is None:
        return layer
    return nn.remat(
        layer,
        policy=POLICIES[policy],
        static_argnums=static_argnums,
        prevent_cse=not scan,
    )
