import dataclasses
import json
from pathlib import Path

import pytest

from musiclm_jax.generation import pieces
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.prompts_file import Line, Prompts
from musiclm_jax.generation.request import Request
from musiclm_jax.generation.settings import SamplingSettings

PAPERS = GenerationConfig()


def make_line(number, **request):
    return Line(number, f"{number}.wav", Request(prompt=f"prompt {number}", **request))


# Three kinds: of 20, of 5 by their length, and of 7 by a setting.
LINES = [
    *(make_line(number) for number in range(20)),
    *(make_line(number, seconds=3) for number in range(20, 25)),
    *(
        make_line(number, settings=SamplingSettings(candidates=4))
        for number in range(25, 32)
    ),
]


def machines(process=0, num_processes=1, devices=1, rows=8):
    return pieces.Machines(
        process=process, num_processes=num_processes, devices=devices, rows=rows
    )


def numbers(batches):
    return [line.number for batch in batches for line in batch.lines]


@pytest.mark.parametrize("num_processes", [1, 3])
@pytest.mark.parametrize("devices", [1, 2])
def test_each_piece_has_one_maker_and_equal_companions(
    tmp_path, num_processes, devices
):
    shares = [
        pieces.plan(LINES, tmp_path, PAPERS, machines(process, num_processes, devices))
        for process in range(num_processes)
    ]
    batches = [batch for share in shares for batch in share]
    assert sorted(numbers(batches)) == list(range(32))
    for batch in batches:
        assert 0 < len(batch.lines) <= batch.size == len(batch.filled())
        assert batch.size % devices == 0
        # No more rows on a device than were asked for.
        assert batch.size * batch.config.candidates <= 8 * devices
        assert set(batch.filled()) == set(batch.lines)
        for line in batch.lines:
            assert line.request.seconds == batch.seconds
            assert line.request.settings.applied_to(PAPERS) == batch.config


def test_what_was_done_changes_neither_owner_nor_program(tmp_path):
    """The same shapes are computed whatever was there, so the bits are the same."""

    def plans():
        return [
            pieces.plan(LINES, tmp_path, PAPERS, machines(process, 2))
            for process in range(2)
        ]

    before = plans()
    for number in (0, 1, 5, 8, 21, 30):
        (tmp_path / f"{number}.wav").touch()
    after = plans()
    for first, second in zip(before, after, strict=True):
        assert set(numbers(second)) == set(numbers(first)) - {0, 1, 5, 8, 21, 30}
        sizes = {(batch.config, batch.seconds): batch.size for batch in first}
        assert all(b.size == sizes[b.config, b.seconds] for b in second)
    for number in range(32):
        (tmp_path / f"{number}.wav").touch()
    assert plans() == [[], []]


def test_few_lines_fill_no_large_batch(tmp_path):
    (batch,) = pieces.plan(LINES[:3], tmp_path, PAPERS, machines(rows=32))
    assert batch.size == 3


def claim(folder, prompts, **changes):
    given = {"model": "m", "config": PAPERS, "defaults": {"seconds": 1.0, "seed": 0}}
    pieces.claim(folder, prompts, **(given | changes))


@pytest.fixture
def prompts():
    return Prompts(Path("somewhere/mine.jsonl"), "a" * 64, tuple(LINES), {})


def test_a_folder_is_for_one_file_of_prompts(tmp_path, prompts):
    folder = tmp_path / "deep" / "out"
    claim(folder, prompts)
    claim(folder, dataclasses.replace(prompts, path=Path("moved/renamed.jsonl")))
    other = Prompts(Path("other.csv"), "b" * 64, (), {})
    message = r"the pieces of mine.jsonl \(aaaaaaaa\), not of other.csv \(bbbbbbbb\)"
    with pytest.raises(ValueError, match=message):
        claim(folder, other)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"model": "n"}, "model_sha256"),
        ({"config": GenerationConfig(candidates=2)}, "sampling"),
        ({"defaults": {"seconds": 2.0, "seed": 0}}, "seconds"),
        ({"defaults": {"seconds": 1.0, "seed": 1}}, "seed"),
    ],
)
def test_a_folder_is_for_one_way_of_making(tmp_path, prompts, changes, what):
    claim(tmp_path, prompts)
    with pytest.raises(ValueError, match=f"of mine.jsonl .* with another {what}:"):
        claim(tmp_path, prompts, **changes)


def test_a_file_of_somebody_is_no_piece(tmp_path, prompts):
    (tmp_path / "7.wav").write_text("mine")
    with pytest.raises(FileExistsError, match=r"7\.wav is in the way"):
        claim(tmp_path, prompts)
    assert [path.name for path in tmp_path.iterdir()] == ["7.wav"]


@pytest.mark.parametrize("content", ["", "[]", "{}", "\udcff", '{"prompts": 1}'])
def test_a_damaged_origin_is_named(tmp_path, prompts, content):
    (tmp_path / "origin.json").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ValueError, match=r"origin\.json is damaged"):
        claim(tmp_path, prompts)


def test_the_record_tells_which_piece_is_which(tmp_path):
    pieces.write_record(tmp_path, LINES)
    lines = (tmp_path / pieces.RECORD).read_text().splitlines()
    assert [json.loads(line)["file"] for line in lines] == [x.file for x in LINES]
    assert json.loads(lines[-1]) == {
        "file": "31.wav",
        "line": 31,
        "prompt": "prompt 31",
        "seconds": 10.0,
        "seed": 0,
        "candidates": 4,
    }
