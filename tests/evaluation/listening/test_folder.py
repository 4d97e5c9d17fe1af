"""The files of a test: what listeners get tells nothing but the music."""

import json
import re

import numpy as np
import pytest
import soundfile

from musiclm_jax.data.intake.loudness import loudness_of
from musiclm_jax.evaluation.listening import clips, folder, layout, pieces
from musiclm_jax.evaluation.listening.key import Key

PROMPTS = [("a", "calm <b>piano</b> </script> & \u2028 more"), ("b", "fast drums")]
SYSTEMS = ("zebra", "quagga")


@pytest.fixture
def asked(tmp_path, tone):
    """One system is loud, at another rate, longer, and in tagged files."""
    found = []
    for name, prompt in PROMPTS:
        files = {
            "zebra": tone(tmp_path / "zebra" / f"{name}.wav", level=0.01),
            "quagga": tone(
                tmp_path / "quagga" / f"{name}.flac",
                rate=44100,
                seconds=0.9,
                level=0.9,
                hz=660,
            ),
        }
        sound, rate = soundfile.read(files["quagga"])
        with soundfile.SoundFile(files["quagga"], "w", rate, 1) as file:
            file.comment = "by quagga"
            file.write(sound)
        found.append(pieces.Asked(name, prompt, files))
    return found


@pytest.fixture
def written(asked, tmp_path):
    questions = layout.lay_out(SYSTEMS, PROMPTS, per_pair=2, seed=0)
    folder.write(tmp_path / "test", SYSTEMS, asked, questions, seconds=0.8)
    return tmp_path / "test"


def test_what_listeners_get_names_no_system(written):
    given = written / "listeners"
    files = sorted(path for path in given.rglob("*") if path.is_file())
    assert [str(path.relative_to(given)) for path in files] == [
        *(f"clips/000{n}-{side}.wav" for n in (1, 2) for side in "ab"),
        "index.html",
    ]
    for path in files:
        content = path.read_bytes().lower()
        assert not any(system.encode() in content for system in SYSTEMS)
    sounds = files[:-1]
    assert len({path.stat().st_size for path in sounds}) == 1
    for path in sounds:
        # Header and samples alone: nothing else can be hidden in the file.
        assert path.stat().st_size == 44 + 2 * soundfile.info(path).frames
        assert path.read_bytes()[:4] == b"RIFF"


def test_clips_are_equally_loud_and_end_softly(written):
    for path in sorted((written / "listeners" / "clips").iterdir()):
        sound, rate = soundfile.read(path)
        assert rate == clips.SAMPLE_RATE
        assert loudness_of(sound, clips.SAMPLE_RATE) == pytest.approx(
            clips.LOUDNESS, abs=0.1
        )
        assert abs(sound[-1]) < 1e-3


def test_the_key_leads_from_clips_to_systems(written):
    key = Key.read(written / "key.json")
    assert {(q.left, q.right) for q in key.questions} == {SYSTEMS, SYSTEMS[::-1]}
    hz = {"zebra": 440, "quagga": 660}
    for question in key.questions:
        for side, system in (("a", question.left), ("b", question.right)):
            path = written / "listeners" / "clips" / f"{question.number:04}-{side}.wav"
            sound, rate = soundfile.read(path)
            is_up = sound >= 0
            crossings = (is_up[1:] != is_up[:-1]).sum() / 2 / len(sound) * rate
            assert crossings == pytest.approx(hz[system], rel=0.01)
    page = (written / "listeners" / "index.html").read_text()
    assert key.test in page


def test_what_is_loud_at_its_peaks_lowers_both(tmp_path, tone):
    soft = tone(tmp_path / "soft.wav", level=0.5)
    times = np.arange(24000)
    clicks = np.where(times % 6000 == 0, 1.0, 1e-3 * np.sin(times))
    soundfile.write(tmp_path / "clicks.wav", clicks, 24000)
    pair = clips.pair(soft, tmp_path / "clicks.wav", seconds=5)
    found = [loudness_of(sound, clips.SAMPLE_RATE) for sound in pair]
    assert found[0] == pytest.approx(found[1], abs=0.01)
    assert found[0] < clips.LOUDNESS - 3
    assert max(np.abs(pair[1])) == pytest.approx(10 ** (-1 / 20))


def test_a_prompt_cannot_leave_its_element(written):
    text = (written / "listeners" / "index.html").read_text()
    told = re.search(r'type="application/json">(.*?)</script>', text, re.DOTALL)[1]
    prompts = {question["prompt"] for question in json.loads(told)["questions"]}
    assert prompts == {prompt for _, prompt in PROMPTS}


def test_the_page_needs_nothing_from_elsewhere(written):
    text = (written / "listeners" / "index.html").read_text()
    assert "http://" not in text and "https://" not in text and "//cdn" not in text
    assert not re.search(r"<link|@import|src=\"|url\(", text)


def test_silence_is_told_and_nothing_is_left(asked, tmp_path):
    soundfile.write(asked[1].files["zebra"], np.zeros(24000), 24000)
    questions = layout.lay_out(SYSTEMS, PROMPTS, per_pair=2, seed=0)
    with pytest.raises(ValueError, match=r"b\.wav .*silent"):
        folder.write(tmp_path / "test", SYSTEMS, asked, questions, seconds=1.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["quagga", "zebra"]


def test_silence_where_it_would_be_heard(tmp_path, tone):
    late = np.concatenate([np.zeros(48000), 0.1 * np.sin(np.arange(24000))])
    soundfile.write(tmp_path / "late.wav", late, 24000)
    other = tone(tmp_path / "a.wav")
    with pytest.raises(ValueError, match=r"late\.wav is silent, .* in the 0\.6 s"):
        clips.pair(tmp_path / "late.wav", other, seconds=1.0)
