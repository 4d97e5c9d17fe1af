"""The model in the box, evaluated on a few clips of a corpus that is made for it."""

import json

import pytest
import soundfile

from musiclm_jax.cli.main import main
from musiclm_jax.data.sets.audio_dataset import AudioDataset
from musiclm_jax.data.sets.synth_music import SynthMusicConfig
from musiclm_jax.data.synth.corpus import Corpus
from musiclm_jax.evaluation.findings import Findings


@pytest.mark.slow
def test_the_box(tmp_path, monkeypatch):
    monkeypatch.setattr("jax.device_count", lambda: 1)
    corpus = Corpus(num_clips=60, clip_seconds=5.0, seed=0)
    config = SynthMusicConfig(name="few", corpus=corpus, num_workers=1)
    AudioDataset(name="synth_music", data_dir=str(tmp_path), config=config).prepare()
    command = ["evaluate", "--dataset=synth_music/few", f"--data_dir={tmp_path}"]
    command += ["--num=3", f"--output={tmp_path / 'out'}", "--batch_size=4"]
    assert main(command) == 0
    text = (tmp_path / "out" / "report.json").read_text()
    found = Findings.from_json(json.loads(text))
    values = {(figure.measure, figure.of): figure.value for figure in found.figures}
    embedders = found.card["embedders"]
    assert [name.partition(" ")[0] for name in embedders] == ["MuLan", "semantic"]
    assert all(isinstance(value, float) for value in values.values())
    fad = f"FAD ({embedders[0]})"
    assert values[fad, "true"] < values[fad, "noise"]
    assert values[f"MCC ({embedders[0]})", "true"] > 0.3
    assert values["partials kept", "codec"] > 0.5
    assert len(found.clips) == 3
    for clip in found.clips:
        for file in (clip.generated, clip.true):
            info = soundfile.info(tmp_path / "out" / file)
            assert (info.samplerate, info.frames) == (24000, 5 * 24000)
