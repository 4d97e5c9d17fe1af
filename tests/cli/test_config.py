import dataclasses
import importlib
import sys

import pytest

from musiclm_jax.cli import config, gin_places

MODULE = """
import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Size:
    width: int
    rate: float = 1.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    size: Size
    extra: tuple = ()

    def __post_init__(self):
        if self.size.width < 1:
            raise ValueError(f"width must be at least 1, got {self.size.width}")


def train(*, task, batches, model_dir, num_steps=3):
    return task, batches, model_dir, num_steps


def batches(*, folder):
    raise OSError(f"no data in {folder}")


def fail():
    raise TypeError("a bug")
"""

RUN = """
from __gin__ import dynamic_registration

import own_task

own_task.train:
  task = @own_task.Task()
  batches = 5
  model_dir = %MODEL_DIR

own_task.Task.size = @own_task.Size()
own_task.Size.width = %WIDTH
"""
BROKEN_BATCHES = "own_task.train.batches = @own_task.batches()\n"
HEAD = "from __gin__ import dynamic_registration\nimport own_task\n"


@pytest.fixture(scope="module")
def own_task(tmp_path_factory):
    # Once: gin knows a module's classes for the life of the process.
    folder = tmp_path_factory.mktemp("modules")
    (folder / "own_task.py").write_text(MODULE)
    sys.path.insert(0, str(folder))
    module = importlib.import_module("own_task")
    sys.path.remove(str(folder))
    return module


@pytest.fixture
def load(tmp_path, own_task):
    (tmp_path / "run.gin").write_text(RUN)
    (tmp_path / "size.gin").write_text("WIDTH = 4\nUNREAD = 5\n")

    def load(files, *bindings):
        config.load(config.GinArguments(tuple(files), bindings, (str(tmp_path),)))

    return load


FILES = ("run.gin", "size.gin")
MODEL_DIR = "MODEL_DIR='runs'"


def test_files_then_bindings(load, own_task):
    load(FILES, MODEL_DIR, "own_task.train.num_steps=9", "Size.rate=0.5")
    task, batches, model_dir, num_steps = config.call(own_task.train)
    assert task == own_task.Task(size=own_task.Size(width=4, rate=0.5))
    assert (batches, model_dir, num_steps) == (5, "runs", 9)


def test_command_line_wins_and_the_last_file(load, own_task, tmp_path):
    (tmp_path / "other.gin").write_text("WIDTH = 6\n")
    load((*FILES, "other.gin"), MODEL_DIR)
    assert config.build(own_task.train, "task").size.width == 6
    load((*FILES, "other.gin"), MODEL_DIR, "WIDTH=7")
    assert config.build(own_task.train, "task").size.width == 7
    assert config.call(own_task.train, model_dir="given")[2] == "given"


def test_include_finds_the_search_path(load, own_task, tmp_path):
    (tmp_path / "all.gin").write_text("include 'run.gin'\ninclude 'size.gin'\n")
    load(("all.gin",), MODEL_DIR)
    assert config.build(own_task.train, "task").size.width == 4


def test_build_leaves_other_arguments_alone(load, own_task, tmp_path):
    (tmp_path / "more.gin").write_text(f"{HEAD}{BROKEN_BATCHES}")
    load((*FILES, "more.gin"), MODEL_DIR)
    assert config.build(own_task.train, "task").size.width == 4
    assert config.build(own_task.train, "model_dir") == "runs"


def test_what_was_used_reads_back(load, own_task, tmp_path):
    load(FILES, MODEL_DIR)
    result = config.call(own_task.train)
    (tmp_path / "used.gin").write_text(config.operative_text())
    load(("used.gin",))
    assert config.call(own_task.train) == result


@pytest.mark.parametrize(
    ("files", "bindings", "words"),
    [
        (["runs/codek.gin"], [], "no gin file runs/codek.gin in .*: runs/codec.gin"),
        (["run.gin"], [MODEL_DIR], "nothing sets WIDTH: give --gin.WIDTH="),
        (["run.gin"], [], "nothing sets MODEL_DIR, WIDTH"),
        (FILES, ["MODEL_DIRR='x'"], "nothing reads --gin.MODEL_DIRR; .* MODEL_DIR"),
        (FILES, [MODEL_DIR, "UNREAD=1"], "nothing reads --gin.UNREAD"),
        (FILES, ["MODEL_DIR=/tmp/x"], "--gin.MODEL_DIR=/tmp/x.*quotes"),
        (FILES, [MODEL_DIR, "Size.widht=3"], "no parameter widht; .*: width"),
        (FILES, [MODEL_DIR, "Sise.width=3"], "there is no Sise; .*: Size"),
        (FILES, [MODEL_DIR, "Size.width=@Foo()"], "there is no Foo$"),
    ],
)
def test_slips_of_the_command_line(load, files, bindings, words):
    with pytest.raises((ValueError, OSError), match=words) as error:
        load(files, *bindings)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import own_taks\n", "slip.gin, line 2: No module named 'own_taks'"),
        ("own_task.Tusk.size = 3\n", "line 3: own_task has no Tusk; .* Task"),
        ("own_task.Task.sise = 3\n", "line 3: .* no parameter sise; .* size"),
        ("own_taks.Task.size = 3\n", "line 3: .*own_taks"),
        ("own_task.Task.size = = 3\n", "slip.gin, line 3: "),
        ("include 'nowhere.gin'\n", "line 3: Unable to open file: nowhere.gin$"),
    ],
)
def test_slips_of_files(load, tmp_path, text, words):
    head = HEAD.replace("import own_task\n", "") if "import" in text else HEAD
    (tmp_path / "slip.gin").write_text(head + text)
    with pytest.raises(ValueError, match=words) as error:
        load(["slip.gin"])
    assert "\n" not in str(error.value)


def test_missing_arguments_are_named(load, own_task, tmp_path):
    load(["size.gin"])
    with pytest.raises(ValueError, match="nothing of task, batches, model_dir"):
        config.call(own_task.train)
    with pytest.raises(ValueError, match=r"nothing of train\.task"):
        config.build(own_task.train, "task")
    half = f"{HEAD}own_task.train.task = @own_task.Task()\n"
    (tmp_path / "part.gin").write_text(half)
    load(["part.gin"])
    with pytest.raises(ValueError, match=r"not complete: Task.*'size'$"):
        config.build(own_task.train, "task")


def test_errors_of_the_called_are_passed_on_plain(load, own_task, tmp_path):
    load(FILES, MODEL_DIR, "WIDTH=0")
    with pytest.raises(ValueError, match=r"^width must be at least 1, got 0$"):
        config.call(own_task.train)
    (tmp_path / "more.gin").write_text(f"{HEAD}{BROKEN_BATCHES}")
    files = (*FILES, "more.gin")
    load(files, MODEL_DIR)
    with pytest.raises(ValueError, match=r"not complete: batches.*'folder'$"):
        config.call(own_task.train)
    load(files, MODEL_DIR, "batches.folder='d'")
    with pytest.raises(OSError, match=r"^no data in d$"):
        config.call(own_task.train)
    bug = f"{HEAD}own_task.train.batches = @own_task.fail()"
    (tmp_path / "more.gin").write_text(bug)
    load(files, MODEL_DIR)
    with pytest.raises(ValueError, match="has a value that cannot be used: a bug"):
        config.call(own_task.train)


def test_the_next_load_starts_anew(load, own_task):
    load(FILES, MODEL_DIR, "Size.rate=0.5")
    load(FILES, MODEL_DIR)
    assert config.build(own_task.train, "task").size.rate == 1.0


def test_bindings_are_taken_out_of_arguments():
    others, bindings = gin_places.take_bindings(
        ["train", "--gin.A='b c'", "--minutes", "3", "--gin.x/y.Z=1==1"]
    )
    assert others == ["train", "--minutes", "3"]
    assert bindings == ["A='b c'", "x/y.Z=1==1"]


@pytest.mark.parametrize("argument", ["--gin.A", "--gin.A=", "--gin.=3", "--gin.A= "])
def test_binding_without_a_value(argument):
    with pytest.raises(ValueError, match=r"has no value: write --gin\.NAME=value"):
        gin_places.take_bindings([argument])


def test_values_are_plain_objects(load, own_task):
    load(FILES, MODEL_DIR)
    task = config.build(own_task.train, "task")
    assert type(task) is own_task.Task
    assert dataclasses.replace(task, extra=(1,)).extra == (1,)
