"""`musiclm generate --prompts` with the model in the box, as two processes.

The pieces are those of one process, bit for bit.
"""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest
import soundfile

LIMIT_SECONDS = 300

pytestmark = pytest.mark.slow


@pytest.fixture
def environment(tmp_path):
    changes = {
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        "MUSICLM_CACHE_DIR": str(tmp_path / "cache"),
    }
    return os.environ | changes


def test_two_processes_share_the_lines(tmp_path, environment):
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("\n".join(f"calm piano number {i}" for i in range(10)))
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]

    def start(folder, *flags):
        command = [sys.executable, "-m", "musiclm_jax", "generate", "--seconds=0.4"]
        command += [f"--prompts={prompts}", f"--output={folder}", "--batch_size=2"]
        return subprocess.Popen(
            [*command, *flags],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(process):
        output, errors = process.communicate(timeout=LIMIT_SECONDS)
        assert process.returncode == 0, errors
        return [json.loads(line)["line"] for line in output.splitlines()], errors

    alone, said = end(start(tmp_path / "alone"))
    assert alone == list(range(1, 11)) and "10 made now" in said
    flags = [f"--coordinator=localhost:{port}", "--num_processes=2"]
    started = [
        start(tmp_path / "shared", *flags, f"--process_id={i}") for i in range(2)
    ]
    (first, said), (second, unsaid) = map(end, started)
    # Each piece once, in shares of one batch each in turn.
    assert (first, second) == ([1, 2, 5, 6, 9, 10], [3, 4, 7, 8])
    assert "shared has all 10 pieces; 10 made now" in said
    assert "made now" not in unsaid
    # So does one prompt by itself, but for the last bit: it is another program.
    command = [sys.executable, "-m", "musiclm_jax", "generate", "calm piano number 3"]
    command += ["--seconds=0.4", f"--output={tmp_path / 'one.wav'}"]
    subprocess.run(command, env=environment, check=True, timeout=LIMIT_SECONDS)
    (same,) = (tmp_path / "alone").glob("00004-*.wav")
    one, there = (
        soundfile.read(path, dtype="int16")[0].astype(int)
        for path in (tmp_path / "one.wav", same)
    )
    assert np.abs(one - there).max() <= 1
    command = [sys.executable, "-m", "musiclm_jax", "reproduce", str(same)]
    subprocess.run(command, env=environment, check=True, timeout=LIMIT_SECONDS)
    for path in (tmp_path / "alone").iterdir():
        assert (tmp_path / "shared" / path.name).read_bytes() == path.read_bytes()
