import json
import signal
import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.parallel import memory, sharding
from musiclm_jax.training import loop, stopping

EVERY = {"eval_every": 5, "checkpoint_every": 4, "log_every": 2}


def fit(task, batches, folder, *, num_steps, mesh=None, every=(), **settings):
    if mesh is None:
        mesh = sharding.make_mesh(devices=jax.devices()[:1])
    return loop.fit(
        task,
        batches,
        model_dir=folder,
        cadence=loop.Cadence(num_steps=num_steps, **EVERY | dict(every)),
        mesh=mesh,
        seed=3,
        **settings,
    )


def records(folder):
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [
        {k: v for k, v in json.loads(line).items() if not k.startswith("time/")}
        for line in lines
    ]


def assert_equal(a, b):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    jax.tree.map(np.testing.assert_array_equal, jax.device_get(a), jax.device_get(b))


def assert_close(a, b):
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6),
        jax.device_get(a),
        jax.device_get(b),
    )


class Started:
    """A task that begins with a parameter of its own, and counts how often."""

    def __init__(self, task):
        self.init, self.eval_step = task.init, task.eval_step
        self.train_step = task.train_step
        self.starts = 0

    def with_start(self, state):
        self.starts += 1
        params = jax.tree.map(lambda x: jnp.full_like(x, 7.0), state.params)
        return state.replace(params=params)


def test_a_task_starts_once_from_what_it_knows(regression, make_batches, tmp_path):
    task = Started(regression)
    state = fit(task, make_batches(), tmp_path, num_steps=1)
    moved = [np.abs(leaf - 7.0).max() for leaf in jax.tree.leaves(state.params)]
    assert 0.0 < max(moved) < 0.1
    # What goes on does so from its checkpoint.
    fit(task, make_batches(), tmp_path, num_steps=2)
    assert task.starts == 1


@pytest.mark.parametrize(
    ("data", "model", "rules"),
    [
        (8, 1, sharding.DEFAULT_RULES),
        (4, 2, sharding.DEFAULT_RULES),
        (2, 4, sharding.FULLY_SHARDED_RULES),
    ],
)
def test_many_devices_compute_what_one_does(
    tmp_path, pair, make_batches, data, model, rules
):
    one = fit(pair, make_batches(), tmp_path / "one", num_steps=4)
    mesh = sharding.make_mesh(data, model)
    many = fit(
        pair, make_batches(), tmp_path / "many", num_steps=4, mesh=mesh, rules=rules
    )
    assert_close(one, many)
    for a, b in zip(records(tmp_path / "one"), records(tmp_path / "many"), strict=True):
        assert a.pop("split") == b.pop("split")
        assert a == pytest.approx(b, rel=1e-4)


def test_it_learns(tmp_path, regression, make_batches):
    fit(
        regression, make_batches(), tmp_path,
        num_steps=60, every={"eval_every": 20, "checkpoint_every": 60},
    )  # fmt: skip
    losses = [r["loss/total"] for r in records(tmp_path) if r["split"] == "eval"]
    assert losses[-1] < 0.3 * losses[0]


def test_what_is_computed_a_second_is_recorded(tmp_path, regression, make_batches):
    fit(regression, make_batches(), tmp_path, num_steps=4)
    fit(regression, make_batches(), tmp_path, num_steps=8)
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    paces = [
        line["time/tflops_per_second"] / line["time/steps_per_second"]
        for line in map(json.loads, lines)
        if "time/steps_per_second" in line
    ]
    # One number for all steps, those behind a restart too.
    assert len(paces) == 3
    assert paces[0] > 0
    np.testing.assert_allclose(paces, paces[0], rtol=1e-9)


def test_resumed_equals_unstopped_bit_for_bit(tmp_path, regression, make_batches):
    whole = fit(regression, make_batches(), tmp_path / "whole", num_steps=13)
    for steps in (5, 10, 13):
        parts = fit(regression, make_batches(), tmp_path / "parts", num_steps=steps)
    assert_equal(whole, parts)
    # The end of a part is evaluated, which the whole does at the same steps here.
    assert records(tmp_path / "whole") == records(tmp_path / "parts")


def test_resumed_on_another_mesh_goes_on(tmp_path, pair, make_batches):
    one = fit(pair, make_batches(), tmp_path / "one", num_steps=8)
    fit(
        pair, make_batches(), tmp_path / "moved", num_steps=4,
        mesh=sharding.make_mesh(4, 2),
    )  # fmt: skip
    moved = fit(
        pair, make_batches(), tmp_path / "moved", num_steps=8,
        mesh=sharding.make_mesh(devices=jax.devices()[:2]),
    )  # fmt: skip
    assert_close(one, moved)


def test_no_batch_is_skipped_or_seen_twice(tmp_path, regression, make_batches):
    seen = []
    for steps in (3, 7, 9):
        batches = make_batches()
        fit(regression, batches, tmp_path, num_steps=steps)
        seen += [index for index in batches.seen if index < 10**6]
    assert seen == list(range(9))


def test_a_crash_repeats_from_the_checkpoint(tmp_path, regression, make_batches):
    class Crashing(type(make_batches())):
        def _make(self, index):
            if index == 7:
                raise OSError("the disk is gone")
            return super()._make(index)

    whole = fit(regression, make_batches(), tmp_path / "whole", num_steps=10)
    with pytest.raises(OSError, match="disk is gone"):
        fit(regression, Crashing(), tmp_path / "parts", num_steps=10)
    lines = records(tmp_path / "parts")
    assert lines[-1]["step"] > 4  # later than the checkpoint: must not stay twice
    parts = fit(regression, make_batches(), tmp_path / "parts", num_steps=10)
    assert_equal(whole, parts)
    assert records(tmp_path / "whole") == records(tmp_path / "parts")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_and_ends(
    tmp_path, regression, make_batches, number, capsys, request
):
    class Interrupting(type(make_batches())):
        def _make(self, index):
            if index == 6 and len(self.seen) > 2:
                signal.raise_signal(number)
            return super()._make(index)

    # Who started the tests may have it ignored, as nohup does: it would stay so.
    inherited = signal.signal(number, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(number, inherited))
    before = signal.getsignal(number)
    with pytest.raises(stopping.Interrupted) as ended:
        fit(regression, Interrupting(), tmp_path / "parts", num_steps=10)
    assert ended.value.code == 128 + number
    assert signal.getsignal(number) == before
    assert ended.value.step == 7
    said = [line for line in capsys.readouterr().err.splitlines() if "interr" in line]
    assert len(said) == 1
    parts = fit(regression, make_batches(), tmp_path / "parts", num_steps=10)
    whole = fit(regression, make_batches(), tmp_path / "whole", num_steps=10)
    assert_equal(whole, parts)
    assert records(tmp_path / "whole") == records(tmp_path / "parts")


def test_minutes_end_a_run_over_all_calls(
    tmp_path, regression, make_batches, monkeypatch
):
    now = [0.0]
    monkeypatch.setattr(stopping.time, "monotonic", lambda: now[0])

    class Slow(type(make_batches())):
        def _make(self, index):
            if index < 10**6:
                now[0] += 10.0
            return super()._make(index)

    state = fit(regression, Slow(), tmp_path, num_steps=100, minutes=1.0)
    assert int(state.step) == 6
    assert records(tmp_path)[-1] | {"loss/total": 0} == {
        "step": 6, "split": "eval", "loss/total": 0,
    }  # fmt: skip
    state = fit(regression, Slow(), tmp_path, num_steps=100, minutes=1.0)
    assert int(state.step) == 6
    state = fit(regression, Slow(), tmp_path, num_steps=100, minutes=1.5)
    assert int(state.step) == 9


def test_a_step_that_is_not_finite_is_skipped(
    tmp_path, regression, make_batches, capsys
):
    state = fit(regression, make_batches(broken=(3, 4)), tmp_path, num_steps=10)
    assert int(state.skipped) == 2
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state))
    assert "2 steps skipped because not finite" in capsys.readouterr().err
    assert [r["loss/total"] for r in records(tmp_path) if r["step"] == 4] == [None]


@pytest.mark.parametrize("log_every", [1, 2])
def test_too_many_skipped_in_a_row_end_the_run(
    tmp_path, regression, make_batches, log_every
):
    batches = make_batches(broken=(3, 6, 7, 8, 9, 10, 11, 12))
    every = {"log_every": log_every, "max_skipped_in_row": 4}
    with pytest.raises(ValueError, match=r"the last 4 steps up to 1\d were not finite"):
        fit(regression, batches, tmp_path, num_steps=20, every=every)
    # What was saved before goes on.
    state = fit(regression, make_batches(), tmp_path, num_steps=10)
    assert int(state.step) == 10


def test_nothing_is_fetched_between_records(
    tmp_path, regression, make_batches, monkeypatch
):
    fetched = []
    device_get = jax.device_get
    monkeypatch.setattr(jax, "device_get", lambda x: fetched.append(x) or device_get(x))
    fit(
        regression,
        make_batches(),
        tmp_path,
        num_steps=9,
        every={"log_every": 4, "eval_every": 9},
    )
    # Steps 1, 4 and 8, and the evaluation.
    assert len(fetched) == 4


def test_one_program_for_all_steps_and_restarts_alike(
    tmp_path, make_regression, make_batches
):
    traced = []

    class Counting(make_regression):
        def train_step(self, state, batch, rng):
            traced.append("train")
            return super().train_step(state, batch, rng)

        def eval_step(self, state, batch):
            traced.append("eval")
            return super().eval_step(state, batch)

    for num_steps in (6, 12):
        fit(Counting(), make_batches(), tmp_path, num_steps=num_steps)
        assert sorted(traced) == ["eval", "train"]
        traced.clear()


def test_sound_goes_to_tensorboard(tmp_path, make_regression, make_batches):
    class Audible(make_regression):
        config = types.SimpleNamespace(sample_rate=24000)

        def eval_audio(self, state, batch):
            return {"audio/noise": jnp.tile(batch["y"], 8)}

    fit(Audible(), make_batches(), tmp_path, num_steps=2)
    (events,) = (tmp_path / "tensorboard").iterdir()
    data = events.read_bytes()
    assert b"audio/noise" in data
    assert b"RIFF" in data


def test_without_validation_batches_nothing_is_evaluated(
    tmp_path, regression, make_batches
):
    class Unheld(type(make_batches())):
        def eval_batches(self):
            return []

    fit(regression, Unheld(), tmp_path, num_steps=6)
    assert {r["split"] for r in records(tmp_path)} == {"train"}


def test_another_model_in_the_folder_is_named(tmp_path, make_regression, make_batches):
    fit(make_regression(hidden=8), make_batches(), tmp_path, num_steps=2)
    with pytest.raises(ValueError, match=r"another model.*Dense_0"):
        fit(make_regression(hidden=4), make_batches(), tmp_path, num_steps=4)


def test_a_run_goes_on_with_the_data_that_it_began_with(
    tmp_path, regression, make_batches
):
    class Clips(make_batches):
        content = "as they were"

        def made_of(self):
            return {"data set clips": self.content}

    fit(regression, Clips(), tmp_path, num_steps=2)
    before = records(tmp_path)
    others = Clips()
    others.content = "prepared anew"
    with pytest.raises(ValueError, match="began with another data set clips than"):
        fit(regression, others, tmp_path, num_steps=4)
    assert others.seen == [] and records(tmp_path) == before
    fit(regression, Clips(), tmp_path, num_steps=4)
    assert records(tmp_path)[-1]["step"] == 4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_steps": 0}, "num_steps is 0; it must be a whole number"),
        ({"num_steps": 3, "every": {"log_every": 0}}, "log_every is 0; it must"),
        ({"num_steps": 3, "minutes": 0.0}, "minutes must be positive, got 0.0"),
    ],
)
def test_bad_settings_are_named(tmp_path, regression, make_batches, settings, message):
    with pytest.raises(ValueError, match=message):
        fit(regression, make_batches(), tmp_path, **settings)


def test_a_batch_that_does_not_divide_is_named(tmp_path, regression, make_batches):
    with pytest.raises(ValueError, match=r"12 rows.*multiple of 8"):
        fit(
            regression, make_batches(batch_size=12), tmp_path, num_steps=2,
            mesh=sharding.make_mesh(),
        )  # fmt: skip


def test_what_there_is_no_memory_for_is_told_before(
    tmp_path, regression, make_batches, monkeypatch
):
    batches = make_batches()
    for what, free in (
        ("this training", [100]),
        ("a step of this training", [10**9, 100]),
    ):
        monkeypatch.setattr(memory, "_host_free", iter(free).__next__)
        with pytest.raises(ValueError, match=f"^{what} needs .* take a smaller batch"):
            fit(regression, batches, tmp_path / what, num_steps=1)
        assert not list((tmp_path / what).rglob("metrics.jsonl"))
