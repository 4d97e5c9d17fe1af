"""Which pieces can be compared: those that every system has made of one prompt."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from musiclm_jax.data.intake.listing import list_sound
from musiclm_jax.data.sound.audio_files import SUFFIXES
from musiclm_jax.generation import cards, prompts_file

# What a line of prompts would ask for besides; no piece is made here.
_NOT_ASKED = {"seconds": 1.0, "seed": 0}


@dataclasses.dataclass(frozen=True)
class Asked:
    """A prompt, and what each system has made of it.

    Attributes:
        name: of the pieces' files, without suffix.
        prompt: what was asked for.
        files: system -> file.
    """

    name: str
    prompt: str
    files: dict[str, Path]


def find(folders: Mapping[str, Path], prompts: Path | None) -> tuple[list[Asked], int]:
    """Finds the pieces of several systems that have the same name.

    Args:
        folders: system -> folder of its pieces.
        prompts: a file as `musiclm generate --prompts` reads, whose lines name the
            pieces; without it the pieces' cards tell what was asked for.

    Returns:
        What can be compared, by name, and how many names only some systems have.

    Raises:
        FileNotFoundError: a folder, the file, or a piece that it names is missing.
        ValueError: no prompt is common to all, or is told by no card, or by two cards
            differently.
    """
    if len(folders) < 2:
        given = "1 system is given" if folders else "0 systems are given"
        raise ValueError(f"{given}; a listening test compares two or more")
    pieces = {system: _by_name(folder) for system, folder in folders.items()}
    if prompts is not None:
        return _of_file(prompts, pieces, folders), 0
    names = set.intersection(*map(set, pieces.values()))
    if not names:
        raise ValueError(
            f"{_listed(folders)} have no prompt in common: no file of one has the name "
            "of a file in every other folder"
        )
    found = [
        _asked(name, {system: pieces[system][name] for system in folders})
        for name in sorted(names)
    ]
    return found, len(set.union(*map(set, pieces.values()))) - len(names)


def _of_file(
    path: Path, pieces: Mapping[str, Mapping[str, Path]], folders: Mapping[str, Path]
) -> list[Asked]:
    read = prompts_file.read(path, suffixes=SUFFIXES, **_NOT_ASKED)
    for number, wrong in sorted(read.broken.items()):
        raise ValueError(f"{path}, line {number}: {wrong}")
    found = []
    for line in read.lines:
        name = str(PurePosixPath(line.file).with_suffix(""))
        if not line.request.prompt:
            raise ValueError(f"{path}, line {line.number}: it has no prompt to show")
        for system, has in pieces.items():
            if name not in has:
                raise FileNotFoundError(
                    f"{path}, line {line.number}: {folders[system]} has no piece {name}"
                )
        files = {system: has[name] for system, has in pieces.items()}
        found.append(Asked(name, line.request.prompt, files))
    return found


def _by_name(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for file, path in list_sound(folder).files.items():
        name = str(PurePosixPath(file).with_suffix(""))
        if name in found:
            raise ValueError(
                f"{folder} has two pieces {name}: {found[name].name} and {path.name}"
            )
        found[name] = path
    if not found:
        raise ValueError(f"{folder} has no files of sound")
    return found


def _asked(name: str, files: dict[str, Path]) -> Asked:
    told = {prompt for path in files.values() if (prompt := _prompt_of(path))}
    if not told:
        raise ValueError(
            f"no card of the pieces {name} tells their prompt: give --prompts FILE, "
            f'with lines such as {{"name": "{name}", "prompt": "calm piano"}}'
        )
    if len(told) > 1:
        raise ValueError(
            f"the cards of the pieces {name} tell different prompts: "
            f"{' and '.join(map(repr, sorted(told)[:2]))}"
        )
    return Asked(name, told.pop(), files)


def _prompt_of(path: Path) -> str | None:
    try:
        return cards.read(path).get("prompt")
    except ValueError:  # true clips have no card
        return None


def _listed(systems: Mapping[str, Path]) -> str:
    names = list(systems)
    return f"{', '.join(names[:-1])} and {names[-1]}"
