import jax
import jax.numpy as jnp
import pytest
from jax.sharding import NamedSharding, PartitionSpec

from musiclm_jax.parallel import sharding
from musiclm_jax.programs.collectives import Traffic, traffic

PROGRAM = """
HloModule jit_f, is_scheduled=true

%add (a: f32[], b: f32[]) -> f32[] {
  ROOT %sum = f32[] add(%a, %b)
}

%all-reduce-scatter.1 (input: bf16[8,16]) -> bf16[8,4] {
  %all-reduce.2 = bf16[8,16]{1,0:T(8,128)(2,1)} all-reduce(%input), channel_id=3, replica_groups={{0,1,2,3},{4,5,6,7}}, to_apply=%add
  ROOT %part = bf16[8,4]{1,0} dynamic-slice(%all-reduce.2, %zero)
}

%body (state: (s32[], f32[4,8])) -> (s32[], f32[4,8]) {
  %all-gather.1 = f32[4,8]{1,0} all-gather(%x), channel_id=1, replica_groups=mesh['a'=4,'b'=2], device_ids=([2,4]T(1,0)) {'a'}, dimensions={1}
  %all-gather.again = f32[4,8]{1,0} all-gather(%x), channel_id=1, replica_groups=mesh['a'=4,'b'=2] {'a'}, dimensions={1}
  %scatter = bf16[8,4]{1,0} fusion(%y), kind=kCustom, calls=%all-reduce-scatter.1
  ROOT %out = (s32[], f32[4,8]{1,0}) tuple(%i, %all-gather.1)
}

%condition (state: (s32[], f32[4,8])) -> pred[] {
  %limit = s32[]{:T(128)} constant(12)
  ROOT %lt = pred[] compare(%i, %limit), direction=LT
}

%never (x: f32[4]) -> f32[4] {
  %all-reduce.9 = f32[4]{0} all-reduce(%x), channel_id=9, replica_groups=[1,8]<=[8], to_apply=%add
}

ENTRY %main (x: f32[4,8]) -> f32[4,8] {
  %loop = (s32[], f32[4,8]{1,0}) while(%start), condition=%condition, body=%body
  %all-reduce.1 = f32[10]{0} all-reduce(%x), channel_id=5, replica_groups=[2,4]<=[8], to_apply=%add
  %all-reduce-start.1 = (f32[10]{0}, f32[10]{0}) all-reduce-start(%x), channel_id=6, replica_groups=[1,8]<=[8], to_apply=%add
  ROOT %permuted = f32[16]{0} collective-permute(%x), channel_id=7, source_target_pairs={{0,1},{1,0}}
}
"""  # noqa: E501


def test_a_program_by_hand():
    assert traffic(PROGRAM) == {
        # Twice around a ring of four, and of eight, in 32 bits.
        "all-reduce": Traffic(2, 2 * 40 * 3 // 4 + 2 * 40 * 7 // 8),
        "all-gather": Traffic(12, 12 * 4 * 8 * 4 * 3 // 4),
        "reduce-scatter": Traffic(12, 12 * 8 * 16 * 2 * 3 // 4),
        "collective-permute": Traffic(1, 64),
    }


def compile_text(function, *arrays):
    return jax.jit(function).trace(*arrays).lower().compile().as_text()


@pytest.fixture
def array():
    mesh = sharding.make_mesh(4, 2)

    def make(shape, *axes):
        place = NamedSharding(mesh, PartitionSpec(*axes))
        return jax.ShapeDtypeStruct(shape, jnp.float32, sharding=place)

    return make


def test_one_device_has_nothing_to_say():
    assert traffic(compile_text(jnp.matmul, jnp.ones((4, 4)), jnp.ones((4, 4)))) == {}


def test_a_sum_over_what_is_split_is_an_all_reduce(array):
    text = compile_text(
        jnp.matmul, array((8, 64), None, "data"), array((64, 6), "data")
    )
    found = traffic(text)
    assert found == {"all-reduce": Traffic(1, 2 * 8 * 6 * 4 * 3 // 4)}


def test_a_loop_counts_its_turns(array):
    def run(x, w):
        return jax.lax.scan(lambda x, w: (jnp.tanh(x @ w), None), x, w)[0]

    text = compile_text(run, array((8, 16)), array((5, 16, 16), None, "model"))
    # Each turn adds up what the two columns of devices found, [8, 8] each.
    assert traffic(text)["all-reduce"] == Traffic(5, 5 * 8 * 8 * 4)
