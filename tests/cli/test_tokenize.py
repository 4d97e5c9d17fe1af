"""What `musiclm tokenize` says, and who does which shard."""

import dataclasses
import json
from pathlib import Path

import jax
import pytest

from musiclm_jax.bundle import tokenizing
from musiclm_jax.cli import compilation_cache, main, tokenize
from musiclm_jax.data.records import pieces, token_records
from musiclm_jax.data.records.token_shards import ShardName, is_complete

METADATA = token_records.TokenMetadata(
    semantic_frame_rate=25,
    acoustic_frame_rate=50,
    window_seconds=10.0,
    stride_seconds=1.0,
    tokenizers="these",
    dataset="clips/1.0.0",
    piece_seconds=30,
)
# Of the three shards of a split.
ACCOUNTS = [
    pieces.Account(clips=100, records=99, seconds=1800.0, short_clips=1,
                   short_seconds=0.5),
    pieces.Account(clips=100, records=100, seconds=1800.0),
    pieces.Account(clips=50, records=50, seconds=900.0),
]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Job:
    """Writes an empty shard, and says what became of it."""

    folder: Path
    shard: ShardName
    heard: object = None
    num_clips: int = 100

    @property
    def output(self):
        return self.shard.path(self.folder)

    def run(self):
        account = json.dumps(dataclasses.asdict(ACCOUNTS[self.shard.index]))
        (self.folder / f"{self.shard}.json").write_text(account)
        token_records.write_shard(
            self.folder, self.shard, records=[], metadata=METADATA
        )
        if self.heard is not None:
            self.heard(50, 900.0)


@pytest.fixture(autouse=True)
def fakes(monkeypatch):
    def shard_jobs(dataset, split, *, folder, heard, **_):
        if is_complete(folder, split):
            return []
        return [Job(folder, ShardName(split, i, 3), heard) for i in range(3)]

    monkeypatch.setattr(tokenizing, "describe", lambda *_: METADATA)
    monkeypatch.setattr(tokenizing, "shard_jobs", shard_jobs)
    monkeypatch.setattr(compilation_cache, "use", lambda: None)


def run(folder, *, splits=("train",), runner=None):
    tokenize.tokenize(
        dataset=None,
        bundle=Path("model"),
        output=folder,
        splits=splits,
        batch_size=8,
        piece_seconds=30,
        runner=runner,
    )


def shards(folder):
    return sorted(path.name for path in folder.glob("*.array_record"))


def test_summary_says_what_was_left_out(tmp_path, capsys):
    run(tmp_path)
    first, speed, last = capsys.readouterr().out.splitlines()
    assert first == (
        "train: 249 records of 250 clips, 1.25 h of sound; left out: clips under "
        "a second: 1 (0.5 s)"
    )
    assert speed.startswith("1.25 h of sound in 0.0 min, ")
    assert speed.endswith(" x real time")
    assert last == str(tmp_path)


def test_finished_split_is_not_done_again(tmp_path, capsys):
    run(tmp_path)
    (tmp_path / ".train-00000-of-00003.json.0123456789abcdef.tmp").touch()
    capsys.readouterr()
    run(tmp_path, splits=("train", "test"))
    train, test, speed, _ = capsys.readouterr().out.splitlines()
    assert train.startswith("train: is there: 249 records of 250 clips, 1.25 h")
    assert test.startswith("test: 249 records of 250 clips, 1.25 h")
    assert speed.startswith("1.25 h of sound in")
    # What a killed run left is gone.
    assert not list(tmp_path.glob(".*"))
    run(tmp_path, splits=("train", "test"))
    assert "real time" not in capsys.readouterr().out


def test_progress_counts_what_was_to_be_done(tmp_path, capsys, monkeypatch):
    Job(tmp_path, ShardName("train", 1, 3)).run()
    monkeypatch.setattr("musiclm_jax.cli.progress._LINE_SECONDS", 0.0)
    run(tmp_path)
    lines = capsys.readouterr().err.splitlines()
    shares = [int(line.split()[1].rstrip("%,")) for line in lines]
    # Two shards of 100 clips each, half of which are heard of.
    assert shares == sorted(shares)
    assert {0, 24, 50, 74, 100} == set(shares)
    assert "tokens 100%, 0.75 h, " in lines[-1]


def test_each_process_does_its_own_shards(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(jax, "process_count", lambda: 2)
    monkeypatch.setattr(jax, "process_index", lambda: 1)

    def sleep(seconds):
        """Meanwhile the other process has done one."""
        every = [ShardName(s, i, 3) for s in ("train", "test") for i in range(3)]
        missing = [shard for shard in every if not shard.path(tmp_path).exists()]
        assert not set(missing) & set(every[1::2])
        Job(tmp_path, missing[0]).run()

    monkeypatch.setattr(tokenize.time, "sleep", sleep)
    run(tmp_path, splits=("train", "test"))
    assert len(shards(tmp_path)) == 6
    assert capsys.readouterr().out == ""


def test_shares_do_not_depend_on_what_is_there(tmp_path, monkeypatch):
    for index in range(3):
        Job(tmp_path, ShardName("train", index, 3)).run()
    monkeypatch.setattr(jax, "process_count", lambda: 2)
    monkeypatch.setattr(jax, "process_index", lambda: 1)
    monkeypatch.setattr(tokenize.processes, "wait_for", lambda files: None)
    run(tmp_path, splits=("train", "test"))
    # As where the other process has not ended the first split yet.
    assert shards(tmp_path)[:2] == [
        f"test-0000{index}-of-00003.array_record" for index in (0, 2)
    ]
    assert len(shards(tmp_path)) == 5


def test_a_runner_does_the_shards(tmp_path):
    class Runner:
        def run(self, jobs, progress):
            assert [job.shard.index for job in jobs] == [0, 1, 2]
            assert all(job.heard is None for job in jobs)
            for job in jobs:
                job.run()

    run(tmp_path, runner=Runner())
    assert len(shards(tmp_path)) == 3


def test_records_of_another_kind_are_kept(tmp_path, monkeypatch):
    run(tmp_path)
    before = shards(tmp_path)
    other = dataclasses.replace(METADATA, tokenizers="others")
    monkeypatch.setattr(tokenizing, "describe", lambda *_: other)
    with pytest.raises(ValueError, match="tokenizers 'these', not 'others'"):
        run(tmp_path, splits=("test",))
    assert shards(tmp_path) == before


def test_flags_name_a_data_set(tmp_path, capsys):
    arguments = ["--data_dir=d", "--bundle=b", f"--output={tmp_path}", "--splits=train"]
    assert main.main(["tokenize", *arguments]) == 0
    assert capsys.readouterr().out.endswith(f"{tmp_path}\n")


def test_flags_of_several_processes_go_together(tmp_path, capsys):
    arguments = ["--data_dir=d", "--bundle=b", f"--output={tmp_path}"]
    assert main.main(["tokenize", *arguments, "--process_id=1"]) == 2
    assert "go together" in capsys.readouterr().err
