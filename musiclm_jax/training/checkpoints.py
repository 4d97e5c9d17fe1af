"""What a run leaves in its folder so that it can go on: one save, whole or not there.

A checkpoint holds the state (every array under its path in the state), the position in
the data, and a few facts about the run, sums over the arrays among them, which are
compared when they are read. Orbax writes it beside the training and makes it visible
when all of it is on disk. Nothing in it is ever executed on loading.

    model_dir/checkpoints/<step>/{state,position,facts}
"""

import asyncio
import contextlib
import copy
import dataclasses
import functools
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from musiclm_jax.files import fingerprints, whole_files
from musiclm_jax.training import checksums
from musiclm_jax.training.checkpoint_errors import (
    check_same_model,
    is_lost_process,
    naming_damage,
    naming_loss,
)

PyTree = Any

# Beside the facts: a sum over each array, and a hash over facts and position.
_SUMS, _SEAL = "sums", "seal"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """What a checkpoint knows besides its arrays.

    Attributes:
        step: steps taken.
        used_seconds: wall time of training up to here, over all calls.
        config: text of the config the run was started with.
        made_of: name of whatever the run learns from -> its fingerprint.
    """

    step: int
    used_seconds: float
    config: str
    made_of: dict[str, str] = dataclasses.field(default_factory=dict)

    def after(self, step: int, *, used_seconds: float) -> "Facts":
        """Returns the facts of the same run, further on."""
        return dataclasses.replace(self, step=step, used_seconds=used_seconds)


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


def _check_sums(leaves: dict[str, Any], sums: dict[str, Any] | None) -> None:
    """Compares arrays with the sums that they had when they were written."""
    changed = checksums.changed(leaves, sums) if sums is not None else []
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise ValueError(f"{changed[0]}{more} is not what was written")


class _OntoDisk(ocp.path.atomicity.AtomicRenameTemporaryPath):
    """A checkpoint that becomes visible when it would survive a loss of power.

    Orbax renames what may be in memory yet, but for the arrays. What it adds while it
    renames is not read.
    """

    async def finalize(self) -> None:
        """Writes all of it out, then gives it its name."""
        await asyncio.to_thread(whole_files.onto_disk, Path(self.get()))
        await super().finalize()
        await asyncio.to_thread(whole_files.sync, Path(self.get_final()).parent)


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
                whole_files.make_folder(self._folder)
                options = ocp.CheckpointManagerOptions(
                    max_to_keep=self._keep,
                    temporary_path_class=_OntoDisk,
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
        leaves = _named_leaves(state)
        # A copy: the writing goes on while the iterator moves.
        place = copy.deepcopy({"position": position})
        known = dataclasses.asdict(facts) | {_SUMS: checksums.of(leaves)}
        sealed = known | {_SEAL: fingerprints.of([known, place])}
        with naming_loss(self._folder):
            self._manager.save(
                facts.step,
                args=ocp.args.Composite(
                    state=ocp.args.StandardSave(leaves),
                    position=ocp.args.JsonSave(place),
                    facts=ocp.args.JsonSave(sealed),
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
        earlier = [other for other in self._manager.all_steps() if other < step]
        damage = functools.partial(naming_damage, self._folder / str(step), earlier)
        with damage():
            known = self._read(step, facts=ocp.args.JsonRestore())["facts"]
            # Checkpoints of before have neither.
            seal, sums = known.pop(_SEAL, None), known.pop(_SUMS, None)
            facts = Facts(**known)
            metadata = self._manager.item_metadata(step)["state"]
            if metadata is None:
                raise FileNotFoundError("it does not say what is in it")
        leaves = _named_leaves(abstract_state)
        check_same_model(
            self._folder.parent,
            metadata.tree,
            leaves,
            saved_config=facts.config,
            config=config,
        )
        with damage():
            read = self._read(
                step,
                state=ocp.args.StandardRestore(leaves),
                position=ocp.args.JsonRestore(),
            )
            position = read["position"]["position"]
            sealed = known if sums is None else known | {_SUMS: sums}
            if seal not in (None, fingerprints.of([sealed, read["position"]])):
                raise ValueError("facts or position are not those that were written")
            _check_sums(read["state"], sums)
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
            with naming_loss(self._folder), contextlib.closing(opened):
                opened.wait_until_finished()

    def __enter__(self) -> "Checkpoints":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        # A process that is gone does not finish what was begun together.
        if not is_lost_process(error):
            self.close()

    def _read(self, step: int, **items: ocp.args.CheckpointArgs) -> Any:
        return self._manager.restore(step, args=ocp.args.Composite(**items))


def restore_latest(
    model_dir: str | Path, abstract_state: PyTree, *, config: str = ""
) -> Restored | None:
    """Reads the newest checkpoint of a run folder; see `Checkpoints.restore`."""
    with Checkpoints(model_dir, read_only=True) as checkpoints:
        return checkpoints.restore(abstract_state, config=config)


def load(model_dir: str | Path, abstract_state: PyTree) -> Restored:
    """Reads the newest checkpoint of a run, for export.

    Raises:
        FileNotFoundError: if the folder holds no checkpoint.
        ValueError: if the checkpoint is of another model, or damaged.
    """
    restored = restore_latest(model_dir, abstract_state)
    if restored is None:
        raise FileNotFoundError(f"no checkpoint in {model_dir}: train there first")
    return restored
