import pytest

from musiclm_jax.generation import names

SUFFIXES = (".wav", ".flac")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("calm", "calm.wav"),
        ("calm.flac", "calm.flac"),
        ("CALM.WAV", "CALM.WAV"),
        ("take 1.5", "take 1.5.wav"),
        ("静かな", "静かな.wav"),
        ("console", "console.wav"),
        ("x" * 216, "x" * 216 + ".wav"),
    ],
)
def test_a_plain_name_gets_a_suffix(name, file):
    assert names.file_name(name, SUFFIXES) == file


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../x", "names a place"),
        ("/etc/x", "names a place"),
        ("a\\b", "names a place"),
        ("C:x", "names a place"),
        ("a\0b", "names a place"),
        ("a\nb", "names a place"),
        ("..", "begins or ends with a dot"),
        (".hidden", "begins or ends with a dot"),
        ("", "is empty"),
        (" ", "begins or ends with a dot or a space"),
        ("x.", "begins or ends with a dot"),
        ("con", "kept for devices"),
        ("NUL.wav", "kept for devices"),
        ("com1", "kept for devices"),
        ("x" * 217, "more than 216 bytes"),
        ("ö" * 109, "more than 216 bytes"),
        ("a\ud800", "is not text"),
        (7, "name is 7; it must be text"),
    ],
)
def test_a_name_that_leaves_the_folder_or_is_none(name, message):
    with pytest.raises(ValueError, match=message):
        names.file_name(name, SUFFIXES)


def test_what_some_systems_take_for_one_file():
    assert names.same_file("A.wav") == names.same_file("a.WAV")
    assert names.same_file("e\u0301") == names.same_file("\u00e9")
    assert names.same_file("a") != names.same_file("b")
