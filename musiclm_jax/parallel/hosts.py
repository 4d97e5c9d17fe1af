"""Several processes as one program: who they are, and whether all have come.

On a TPU pod, under SLURM and under Open MPI JAX finds the others by itself; elsewhere
three flags say it. JAX ends a process in which somebody is missing with a stack trace
that names nobody, so a roll call comes first where the flags are given.
"""

import contextlib
import os
import pathlib
import socket
import time

import jax

_ALL_HERE = "all here"
_RETRY_SECONDS = 0.1
# What launchers set to the number of processes.
_COUNTS = ("SLURM_STEP_NUM_TASKS", "OMPI_COMM_WORLD_SIZE")


def join(
    *,
    coordinator: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
    timeout_seconds: float = 300.0,
) -> None:
    """Joins the other processes, if there are others; before JAX looks for devices.

    Args:
        coordinator: HOST:PORT of process 0, which must be free there; None where the
            launcher says it.
        num_processes: of the whole program; likewise.
        process_id: of this one, from 0; likewise.
        timeout_seconds: how long to wait for the others.

    Raises:
        ValueError: flags that cannot be, or somebody has not come in time.
    """
    flags = (coordinator, num_processes, process_id)
    if all(flag is None for flag in flags):
        if _is_one_of_many():
            jax.distributed.initialize(initialization_timeout=round(timeout_seconds))
        return
    if any(flag is None for flag in flags):
        raise ValueError(
            "--coordinator, --num_processes and --process_id go together: give all "
            "three, or none where the launcher says them"
        )
    host, port = _address(coordinator)
    if num_processes < 1 or not 0 <= process_id < num_processes:
        raise ValueError(
            f"--process_id is {process_id} of --num_processes {num_processes}: ids go "
            "from 0 to one less than their number"
        )
    if num_processes == 1:
        return
    roll_call(
        host,
        port,
        num_processes=num_processes,
        process_id=process_id,
        timeout_seconds=timeout_seconds,
    )
    jax.distributed.initialize(coordinator, num_processes, process_id)


def _is_one_of_many() -> bool:
    """Whether a launcher started several processes, or this is a TPU's host."""
    if any(int(os.environ.get(name, 1)) > 1 for name in _COUNTS):
        return True
    if os.environ.get("JAX_PLATFORMS", "tpu").partition(",")[0] not in ("", "tpu"):
        return False
    if "TPU_WORKER_HOSTNAMES" in os.environ:
        return True
    # How generations of TPU show themselves; on one host alone joining does no harm.
    return any(
        any(pathlib.Path("/dev").glob(name)) for name in ("accel[0-9]*", "vfio/[0-9]*")
    )


def _address(coordinator: str) -> tuple[str, int]:
    host, colon, port = coordinator.rpartition(":")
    if not (host and colon and port.isdigit() and 0 < int(port) < 2**16):
        raise ValueError(f"--coordinator is {coordinator}; it must be HOST:PORT")
    return host, int(port)


def roll_call(
    host: str,
    port: int,
    *,
    num_processes: int,
    process_id: int,
    timeout_seconds: float,
) -> None:
    """Waits until all processes have said their number to process 0.

    Args:
        host: of process 0.
        port: free there; it is free again afterwards.
        num_processes: of the whole program.
        process_id: of this one.
        timeout_seconds: how long to wait.

    Raises:
        ValueError: somebody is missing; on process 0 the message says who.
    """
    deadline = time.monotonic() + timeout_seconds
    if process_id:
        answer = _report(host, port, process_id, deadline)
    else:
        answer = _call(port, num_processes, deadline)
    if answer != _ALL_HERE:
        raise ValueError(f"{answer} within {timeout_seconds:g} s")


def _call(port: int, num_processes: int, deadline: float) -> str:
    """Process 0: listens, and tells everybody who came how it ended."""
    present: dict[int, socket.socket] = {}
    try:
        with contextlib.closing(socket.create_server(("", port))) as server:
            while len(present) < num_processes - 1:
                server.settimeout(max(0.0, deadline - time.monotonic()) or 1e-3)
                try:
                    caller, _ = server.accept()
                except TimeoutError:
                    break
                caller.settimeout(1.0)
                try:
                    # Whoever starts again takes the place of who was there.
                    present[int(caller.recv(16).decode())] = caller
                except (OSError, ValueError):
                    caller.close()  # no process of ours
    except OSError as error:
        raise ValueError(
            f"process 0 cannot listen at port {port}: {error.strerror}"
        ) from error
    missing = sorted(set(range(1, num_processes)) - set(present))
    names = ", ".join(str(number) for number in missing)
    answer = (
        f"process {names} of {num_processes} did not come" if missing else _ALL_HERE
    )
    for caller in present.values():
        with contextlib.suppress(OSError), caller:
            caller.sendall(answer.encode())
    return answer


def _report(host: str, port: int, process_id: int, deadline: float) -> str:
    """Another process: says its number, and waits for the answer."""
    while time.monotonic() < deadline:
        left = max(_RETRY_SECONDS, deadline - time.monotonic())
        with (
            contextlib.suppress(OSError),
            socket.create_connection((host, port), timeout=left) as connection,
        ):
            connection.sendall(str(process_id).encode())
            # Process 0 may have begun to wait later than this one.
            connection.settimeout(2 * left + 1)
            if answer := connection.recv(256).decode():
                return answer
        time.sleep(_RETRY_SECONDS)
    return f"process 0 did not answer at {host}:{port}"
