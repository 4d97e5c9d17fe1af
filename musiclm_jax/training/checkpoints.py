"""What a run leaves in its folder so that it can go on: one save, whole or not there.

A checkpoint holds the state (every array under its path in the state), the position in
the data, and a few facts about the run. Orbax writes it beside the training and makes
it visible when all of it is there. Nothing in it is ever executed on loading.

    model_dir/checkpoints/<step>/{state,position,facts}
"""

import contextlib
import copy
import dataclasses
import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

PyTree = Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """What a checkpoint knows besides its arrays.

    Attributes:
        step: steps taken.
        used_seconds: wall time of training up to here, over all calls.
        config: text of the config the run was started with.
    """

    step: int
    used_seconds: float
    config: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Restored:
    """A checkpoint as read: the state, the position in the data, the facts."""

    state: PyTree
    position: Any
    facts: Facts


def _named_leaves(state: PyTree) -> dict[str, Any]:
    """`{path: leaf}`; the path is what messages call the leaf."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(state)
    return {
        jax.tree_util.keystr(path, simple=True, separator="/"): leaf
        for path, leaf in leaves
    }


def _describe(leaf: Any) -> str:
    return f"{leaf.dtype}{list(leaf.shape)}"


class Checkpoints:
    """The checkpoints of one run folder."""

    def __init__(
        self, model_dir: str | Path, *, keep: int = 2, read_only: bool = False
    ) -> None:
        """Opens the folder; nothing is created before the first save.

        Args:
            model_dir: folder of the run.
            keep: how many of the newest checkpoints stay.
            read_only: touch nothing: the run may be going on in another process.
        """
        self._folder = Path(model_dir).absolute() / "checkpoints"
        self._read_only = read_only
        self._keep = keep
        self._opened: ocp.CheckpointManager | None = None

    @property
    def _manager(self) -> ocp.CheckpointManager:
        if self._opened is None:
            if self._read_only:
                options = ocp.CheckpointManagerOptions(
                    read_only=True, save_interval_steps=0, create=False
                )
            else:
                options = ocp.CheckpointManagerOptions(
                    max_to_keep=self._keep,
                    # What a killed process left unfinished.
                    cleanup_tmp_directories=True,
                )
            self._opened = ocp.CheckpointManager(
                self._folder,
                options=options,
                item_handlers={
                    "state": ocp.StandardCheckpointHandler(),
                    "position": ocp.JsonCheckpointHandler(),
                    "facts": ocp.JsonCheckpointHandler(),
                },
            )
        return self._opened

    def latest_step(self) -> int | None:
        """The step of the newest whole checkpoint, or None."""
        return self._manager.latest_step() if self._folder.is_dir() else None

    def save(self, state: PyTree, position: Any, facts: Facts) -> None:
        """Starts to write a checkpoint; returns once the arrays are copied.

        Args:
            state: the unboxed state.
            position: JSON values, of the data iterator.
            facts: about the run; a checkpoint of the same step is left as it is.

        Raises:
            OSError: this one or the one before it could not be written.
        """
        if self.latest_step() == facts.step:
            return
        with self._naming_loss():
            self._manager.save(
                facts.step,
                args=ocp.args.Composite(
                    state=ocp.args.StandardSave(_named_leaves(state)),
                    # A copy: the writing goes on while the iterator moves.
                    position=ocp.args.JsonSave(copy.deepcopy({"position": position})),
                    facts=ocp.args.JsonSave(dataclasses.asdict(facts)),
                ),
            )

    def restore(self, abstract_state: PyTree, *, config: str = "") -> Restored | None:
        """Reads the newest checkpoint.

        Args:
            abstract_state: shapes, dtypes and shardings of the state to fill.
            config: text of the present config, quoted where the state does not fit.

        Returns:
            The checkpoint, or None where there is none yet.

        Raises:
            ValueError: if it is of another model, or damaged.
        """
        step = self.latest_step()
        if step is None:
            return None
        with self._naming_damage(step):
            facts = Facts(**self._read(step, facts=ocp.args.JsonRestore())["facts"])
            metadata = self._manager.item_metadata(step)["state"]
            if metadata is None:
                raise FileNotFoundError("it does not say what is in it")
        leaves = _named_leaves(abstract_state)
        self._check_same(metadata.tree, leaves, saved=facts.config, config=config)
        with self._naming_damage(step):
            read = self._read(
                step,
                state=ocp.args.StandardRestore(leaves),
                position=ocp.args.JsonRestore(),
            )
            position = read["position"]["position"]
        structure = jax.tree.structure(abstract_state)
        return Restored(
            state=jax.tree.unflatten(structure, [read["state"][k] for k in leaves]),
            position=position,
            facts=facts,
        )

    def close(self) -> None:
        """Waits until what was saved is on disk.

        Raises:
            OSError: it could not be written.
        """
        opened, self._opened = self._opened, None
        if opened is not None:
            with self._naming_loss(), contextlib.closing(opened):
                opened.wait_until_finished()

    def __enter__(self) -> "Checkpoints":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        # A process that is gone does not finish what was begun together.
        if not _is_loss(error):
            self.close()

    @contextlib.contextmanager
    def _naming_damage(self, step: int) -> Iterator[None]:
        """Turns what Orbax raises over a broken folder into one plain sentence."""
        try:
            yield
        except Exception as error:
            before = [other for other in self._manager.all_steps() if other < step]
            remedy = f"go on from step {max(before)}" if before else "start anew"
            raise ValueError(
                f"checkpoint {self._folder / str(step)} is damaged or cut short "
                f"({_reason(error)}): remove that folder to {remedy}"
            ) from error

    @contextlib.contextmanager
    def _naming_loss(self) -> Iterator[None]:
        """Turns what Orbax raises over a save, at once or later, into one sentence."""
        try:
            yield
        except Exception as error:
            if _is_loss(error):
                raise
            raise OSError(
                f"a checkpoint could not be written to {self._folder} "
                f"({_reason(error)}); those before it are as they were"
            ) from error

    def _read(self, step: int, **items: ocp.args.CheckpointArgs) -> Any:
        return self._manager.restore(step, args=ocp.args.Composite(**items))

    def _check_same(
        self,
        stored: dict[str, Any],
        leaves: dict[str, Any],
        *,
        saved: str,
        config: str,
    ) -> None:
        there = {name: _describe(leaf) for name, leaf in stored.items()}
        here = {name: _describe(leaf) for name, leaf in leaves.items()}
        if there == here:
            return
        differing = [
            f"{name} is {there.get(name, 'absent')} there and "
            f"{here.get(name, 'absent')} here"
            for name in sorted(there.keys() | here.keys())
            if there.get(name) != here.get(name)
        ]
        shown = "; ".join(differing[:3])
        more = f" (and {len(differing) - 3} more)" if len(differing) > 3 else ""
        raise ValueError(
            f"{self._folder.parent} holds a run of another model: {shown}{more}"
            f"{_config_difference(saved, config)}; choose another model_dir, or "
            "the config that the run was started with"
        )


def _is_loss(error: object) -> bool:
    """Whether one of several processes has met the end of another."""
    return jax.process_count() > 1 and isinstance(error, jax.errors.JaxRuntimeError)


def _reason(error: Exception) -> str:
    """What Orbax means, in one line: the system's word if it was the system."""
    error = error.__cause__ if isinstance(error.__cause__, Exception) else error
    text = str(error).strip()
    # How its writer in C++ passes on what the system said.
    number = re.search(r"os_error_code='(\d+)'", text)
    if number or (isinstance(error, OSError) and error.errno):
        return os.strerror(int(number[1]) if number else error.errno)
    return f"{type(error).__name__}: {text.partition(chr(10))[0][:160]}"


def _config_difference(saved: str, present: str) -> str:
    """The first lines in which two configs differ, in one line, or nothing."""
    lines = [
        line
        for line in difflib.ndiff(saved.splitlines(), present.splitlines())
        if line[:2] in ("- ", "+ ") and line[2:].strip()
    ]
    if not saved or not present or not lines:
        return ""
    return ". Config (- there, + here): " + " | ".join(lines[:6])


def restore_latest(
    model_dir: str | Path, abstract_state: PyTree, *, config: str = ""
) -> Restored | None:
    """Reads the newest checkpoint of a run folder; see `Checkpoints.restore`."""
    with Checkpoints(model_dir, read_only=True) as checkpoints:
        return checkpoints.restore(abstract_state, config=config)


def load_state(model_dir: str | Path, abstract_state: PyTree) -> PyTree:
    """Reads the newest state of a run, for export.

    Raises:
        FileNotFoundError: if the folder holds no checkpoint.
        ValueError: if the checkpoint is of another model, or damaged.
    """
    restored = restore_latest(model_dir, abstract_state)
    if restored is None:
        raise FileNotFoundError(f"no checkpoint in {model_dir}: train there first")
    return restored.state
