import concurrent.futures
import socket

import jax
import pytest

from musiclm_jax.parallel import hosts


@pytest.fixture
def port():
    with socket.create_server(("", 0)) as server:
        return server.getsockname()[1]


def call(port, ids, num_processes, timeout_seconds):
    """What each of the processes hears: None, or the error's words."""

    def one(process_id):
        try:
            hosts.roll_call(
                "localhost",
                port,
                num_processes=num_processes,
                process_id=process_id,
                timeout_seconds=timeout_seconds,
            )
        except ValueError as error:
            return str(error)

    with concurrent.futures.ThreadPoolExecutor(len(ids)) as pool:
        return list(pool.map(one, ids))


def test_all_have_come(port):
    assert call(port, [3, 1, 0, 2], 4, 30.0) == [None] * 4
    # The port is free again, for JAX.
    assert call(port, [0, 1], 2, 30.0) == [None] * 2


def test_who_is_missing_is_named_to_all(port):
    answers = call(port, [0, 2], 4, 1.0)
    assert answers == ["process 1, 3 of 4 did not come within 1 s"] * 2


def test_a_stranger_at_the_port_is_not_counted(port):
    def stranger():
        while True:
            try:
                with socket.create_connection(
                    ("localhost", port), timeout=30
                ) as caller:
                    caller.sendall(b"GET / HTTP/1.1")
                    return caller.recv(16)
            except ConnectionRefusedError:
                continue

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(stranger)
        heard = call(port, [0], 2, 3.0)
        assert answer.result() == b""
    assert heard == ["process 1 of 2 did not come within 3 s"]


def test_a_coordinator_that_is_not_there_is_named(port):
    (answer,) = call(port, [1], 2, 0.5)
    assert answer == f"process 0 did not answer at localhost:{port} within 0.5 s"


def test_a_port_that_is_taken_is_named(port):
    with socket.create_server(("", port)):
        (answer,) = call(port, [0], 2, 0.5)
    assert f"cannot listen at port {port}: " in answer


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("h:1", None, None), "go together: give all three"),
        ((None, 2, 0), "go together"),
        (("h", 2, 0), "--coordinator is h; it must be HOST:PORT"),
        (("h:99999", 2, 0), "must be HOST:PORT"),
        (("h:1", 2, 2), "--process_id is 2 of --num_processes 2: ids go from 0"),
        (("h:1", 0, 0), "--num_processes 0"),
    ],
)
def test_flags_that_cannot_be(flags, message):
    coordinator, num_processes, process_id = flags
    with pytest.raises(ValueError, match=message):
        hosts.join(
            coordinator=coordinator, num_processes=num_processes, process_id=process_id
        )


def test_alone_nothing_is_joined(monkeypatch):
    monkeypatch.setattr(jax.distributed, "initialize", None)
    for name in hosts._COUNTS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    hosts.join()
    hosts.join(coordinator="localhost:1", num_processes=1, process_id=0)


@pytest.mark.parametrize("name", ["SLURM_STEP_NUM_TASKS", "OMPI_COMM_WORLD_SIZE"])
def test_launchers_are_left_to_jax(monkeypatch, name):
    seen = []
    monkeypatch.setattr(jax.distributed, "initialize", lambda **kw: seen.append(kw))
    monkeypatch.setenv(name, "4")
    hosts.join(timeout_seconds=60.0)
    assert seen == [{"initialization_timeout": 60}]
