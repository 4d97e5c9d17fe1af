import subprocess
import sys

import pytest

import musiclm_jax
from musiclm_jax.cli import main as main_lib


def _fresh(code):
    """Runs code in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )


def test_help_and_wrong_input_load_no_jax():
    result = _fresh(
        "import sys, musiclm_jax\n"
        "from musiclm_jax.cli.main import main\n"
        "assert main(['generate', ' ']) == 2\n"
        "assert main(['generate', 'jazz', '--output', 'a.txt']) == 2\n"
        "assert main(['describe', 'nowhere.wav']) == 2\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit as stop:\n"
        "    assert stop.code == 0\n"
        "assert 'jax' not in sys.modules, 'jax was loaded'\n"
    )
    assert result.returncode == 0, result.stderr
    for verb in ("generate", "describe", "train", "tokenize", "export", "info"):
        assert f"\n    {verb}  " in result.stdout


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main_lib.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out.strip() == musiclm_jax.__version__


def test_unknown_name_of_the_package():
    with pytest.raises(AttributeError, match="no attribute 'MusicML'"):
        _ = musiclm_jax.MusicML


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["sing"], "invalid choice: 'sing'"),
        (["generate"], "PROMPT"),
        (["generate", "jazz", "--second", "5"], "unrecognized arguments: --second 5"),
        (["info", "--gin.X=1"], "info takes no --gin bindings"),
        (["generate", "jazz", "--gin.X=1"], "give --gin_file=runs/generate.gin too"),
        (["train", "--gin.X"], "--gin.X has no value"),
        (["train"], "no configuration"),
        (["train", "--gin_file=a", "--minutes=0"], "--minutes is 0.0"),
        (["train", "--gin_file=a", "--minutes=nan"], "--minutes is nan"),
        (["train", "--gin_file=nowhere.gin"], "no gin file nowhere.gin"),
        (["tokenize", "--bundle=b", "--output=o"], "no data set"),
        (
            ["tokenize", "--bundle=b", "--output=o", "--batch_size=0"],
            "must be a whole number from 1",
        ),
        (["export", "--output=o"], "nothing to export"),
        (["export", "--run=nowhere", "--output=o"], "no run in nowhere"),
        (["data"], "COMMAND"),
        (["data", "sing"], "invalid choice: 'sing'"),
        (["info", "nowhere"], "no model in nowhere"),
        (["import"], "COMMAND"),
        (["import", "bert", "nowhere"], "required: --output"),
        (["import", "bert", "nowhere", "--output=o"], "there is no folder nowhere"),
    ],
)
def test_error_is_one_line_and_status_2(
    capsys, arguments, words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert main_lib.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("musiclm: error: ")
    assert words in captured.err
    assert captured.err.count("\n") == 1


def test_errors_of_the_system_are_plain(capsys, monkeypatch):
    def run(options):
        raise OSError(28, "No space left on device", "out.wav")

    monkeypatch.setattr(main_lib.info, "run", run)
    assert main_lib.main(["info"]) == 2
    expected = "musiclm: error: out.wav: No space left on device\n"
    assert capsys.readouterr().err == expected


def test_traceback_on_request(monkeypatch):
    monkeypatch.setenv("MUSICLM_TRACEBACK", "1")
    with pytest.raises(FileNotFoundError):
        main_lib.main(["info", "nowhere"])


def test_ctrl_c(capsys, monkeypatch):
    def run(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(main_lib.info, "run", run)
    assert main_lib.main(["info"]) == 130
    assert capsys.readouterr().err == "musiclm: stopped\n"


def test_a_bug_is_no_error_of_the_user(monkeypatch):
    def run(options):
        raise RuntimeError("a bug")

    monkeypatch.setattr(main_lib.info, "run", run)
    with pytest.raises(RuntimeError, match="a bug"):
        main_lib.main(["info"])
