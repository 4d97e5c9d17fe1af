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


def test_figures_for_people_and_for_programs():
    figures = report.Figures(
        "Codec",
        ("figure", "true", "codec"),
        (("clips", 3, None), ("cents", 1.25, 123.456), ("key", float("nan"), "C")),
    )
    assert figures.text().splitlines() == [
        "## Codec",
        "",
        "| figure | true  | codec |",
        "| ------ | ----- | ----- |",
        "| clips  | 3     | -     |",
        "| cents  | 1.250 | 123.5 |",
        "| key    | -     | C     |",
    ]
    assert figures.json() == {
        "title": "Codec",
        "rows": [
            {"figure": "clips", "true": 3, "codec": None},
            {"figure": "cents", "true": 1.25, "codec": 123.456},
            {"figure": "key", "true": None, "codec": "C"},
        ],
    }
