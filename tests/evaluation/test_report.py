"""The table, and the line on the machine."""

import jax

from musiclm_jax.evaluation import report


def test_table_lines_up():
    text = report.table(("what", "s"), [("a long name", "1.00"), ("b", "10.00")])
    assert text.splitlines() == [
        "| what        | s     |",
        "| ----------- | ----- |",
        "| a long name | 1.00  |",
        "| b           | 10.00 |",
    ]


def test_hardware_names_cores_and_versions():
    line = report.hardware()
    assert "cores of " in line
    assert f"jax {jax.__version__}" in line
