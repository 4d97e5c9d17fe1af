"""Rows of the control table from planted clips."""

import dataclasses

import numpy as np
import pytest

from musiclm_jax.evaluation import control
from musiclm_jax.evaluation.probe import Probe


def probe_that_reads(column):
    """A probe that says "b" where a feature is positive, else "a"."""
    kernel = np.zeros((4, 2), np.float32)
    kernel[column, 1] = 1.0
    return Probe(
        classes=("a", "b"),
        mean=np.zeros(4),
        deviation=np.ones(4),
        kernel=kernel,
        bias=np.zeros(2),
        l2=0.0,
    )


@pytest.fixture
def probes():
    return {name: probe_that_reads(i) for i, name in enumerate(control.ATTRIBUTES)}


def clips(signs, labels):
    """Clips [clip] whose four features all have the same sign."""
    features = np.repeat(np.array(signs, np.float32)[:, None], 4, axis=1)
    return control.Clips(features, {name: labels for name in control.ATTRIBUTES})


def test_closed_form(probes):
    labels = ["b", "b", "b", "a", "a"]
    true = clips([1, 1, 1, -1, -1], labels)  # all right
    decoded = clips([1, 1, 1, -1, 1], labels)  # one wrong
    generated = clips([1, 1, 1, 1, -1], labels)  # one wrong
    rows = control.score(probes, held_out=true, round_trip=decoded, generated=generated)
    assert [row.attribute for row in rows] == [*control.ATTRIBUTES, control.MEAN]
    for row in rows:
        assert dataclasses.astuple(row)[1:] == pytest.approx(
            (0.6, 1.0, 0.8, 0.8, 0.8, (0.8 - 0.6) / (1.0 - 0.6))
        )


def test_mean_is_over_attributes(probes):
    labels = ["b", "b", "a", "a"]
    true = clips([1, 1, -1, -1], labels)
    generated = clips([1, 1, -1, -1], labels)
    generated.features[:, 0] = 1.0  # the first attribute: always "b"
    rows = control.score(probes, held_out=true, round_trip=true, generated=generated)
    assert [row.control for row in rows] == pytest.approx([0.0, 1.0, 1.0, 1.0, 0.75])


def test_where_a_probe_tells_nothing_there_is_no_score(probes):
    labels = ["b", "b", "a"]
    deaf = clips([1, 1, 1], labels)
    rows = control.score(probes, held_out=deaf, round_trip=deaf, generated=deaf)
    assert rows[0].ceiling == rows[0].chance
    assert np.isnan([row.control for row in rows]).all()
    assert np.isnan([row.round_trip_ratio for row in rows]).all()


def test_without_music_there_is_no_control(probes):
    true = clips([1, 1, -1], ["b", "b", "a"])
    rows = control.score(probes, held_out=true, round_trip=true, generated=None)
    table = control.figures(rows)
    assert table.columns[-1] == "control" and len(table.rows) == len(rows)
    for row in table.json()["rows"]:
        assert row["codec / ceiling"] == 1.0
        assert row["generated"] is None and row["control"] is None
