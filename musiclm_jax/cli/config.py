"""The only file that knows gin: reads gin files, and calls what they configure.

In the manner of t5x: the library's classes are not decorated, the gin files name them
by import (`from __gin__ import dynamic_registration`); files come first, in their
order, and bindings of the command line after them.
"""

import argparse
import dataclasses
import difflib
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import gin

import musiclm_jax

# Names shown beside one that does not exist.
_CLOSE = 3
_GIN_SUFFIX = "\n  In call to configurable"
# What gin raises while it reads.
_GIN_ERRORS = (
    ValueError, SyntaxError, NameError, AttributeError, ImportError, TypeError,
    RuntimeError, OSError,
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class GinArguments:
    """What the command line says of the configuration.

    Attributes:
        files: gin files, in order; relative names are looked up in `search_paths`.
        bindings: `NAME=value` in gin's syntax.
        search_paths: folders, in order; the current one and the project's own
            `configs` are always searched after them.
    """

    files: tuple[str, ...]
    bindings: tuple[str, ...]
    search_paths: tuple[str, ...]


def configs_folder() -> Path:
    """Returns the folder of the gin files that come with the package."""
    package = Path(musiclm_jax.__file__).parent
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds `--gin_file` and `--gin_search_paths`; see `take_bindings` for the rest."""
    parser.add_argument(
        "--gin_file",
        action="append",
        default=[],
        metavar="FILE",
        help="a gin file, such as runs/codec.gin; may be repeated, the last one wins",
    )
    parser.add_argument(
        "--gin_search_paths",
        default="",
        metavar="FOLDERS",
        help="where gin files are looked for, joined by commas",
    )


def take_bindings(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Splits `--gin.NAME=value` from the other arguments.

    Returns:
        The other arguments, and the bindings as `NAME=value`.

    Raises:
        ValueError: a `--gin.NAME` without a value.
    """
    others, bindings = [], []
    for argument in arguments:
        if not argument.startswith("--gin."):
            others.append(argument)
            continue
        name, equals, value = argument.removeprefix("--gin.").partition("=")
        if not (name and equals and value.strip()):
            raise ValueError(f"{argument} has no value: write --gin.NAME=value")
        bindings.append(f"{name}={value}")
    return others, bindings


def gin_arguments(options: argparse.Namespace, bindings: Iterable[str]) -> GinArguments:
    """Collects the configuration out of parsed arguments."""
    folders = tuple(f for f in options.gin_search_paths.split(",") if f)
    return GinArguments(tuple(options.gin_file), tuple(bindings), folders)


def load(arguments: GinArguments, *, blank: Sequence[str] = ()) -> None:
    """Reads all files and bindings, and checks that every name exists.

    Args:
        arguments: what the command line says.
        blank: macros that are empty text where they are read and nothing sets them.

    Raises:
        FileNotFoundError: a gin file was not found.
        ValueError: what is in a file or binding cannot be; the message names it.
    """
    gin.clear_config()
    folders = [*arguments.search_paths, ".", str(configs_folder())]
    # For `include`. gin would look into Python's packages too, where it fails on a
    # folder without __init__.py, and its list of folders can only be added to.
    gin.config._FILE_READERS[:] = [(open, os.path.isfile)]
    gin.config._LOCATION_PREFIXES[:] = [str(Path(f).resolve()) for f in folders]
    for name in arguments.files:
        path = _find(name, folders)
        with _plain_errors(name):
            gin.parse_config_file(str(path))
    for binding in arguments.bindings:
        with _plain_errors(f"--gin.{binding}"):
            gin.parse_config([binding])
    used, is_set = _macros()
    gin.parse_config([f"{name} = ''" for name in blank if name in used - is_set])
    _check_macros(arguments.bindings)
    with _plain_errors("the configuration"):
        gin.finalize()


def call(function: Callable[..., Any], **given: Any) -> Any:
    """Calls `function` with what the configuration binds, and `given` on top.

    Raises:
        ValueError: an argument that has no default is bound nowhere.
    """
    bound = _references(function)
    missing = [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is inspect.Parameter.empty
        and name not in bound
        and name not in given
    ]
    if missing:
        raise ValueError(
            f"the configuration says nothing of {', '.join(missing)}, which "
            f"{function.__name__} needs: give a run file, such as "
            "--gin_file=runs/codec.gin"
        )
    return _call(gin.get_configurable(function), **given)


def build(function: Callable[..., Any], argument: str) -> Any:
    """Builds only what the configuration binds to one argument of `function`."""
    bound = _references(function)
    if argument not in bound:
        raise ValueError(
            f"the configuration says nothing of {function.__name__}.{argument}"
        )
    value = bound[argument]
    if isinstance(value, gin.config.ConfigurableReference):
        return _call(value.scoped_configurable_fn)
    return value


def operative_text() -> str:
    """Returns everything that was used so far, as a gin file."""
    return gin.operative_config_str()


def _call(function: Callable[..., Any], **given: Any) -> Any:
    try:
        return function(**given)
    except (TypeError, ValueError, OSError) as error:
        original = error.__context__
        if isinstance(original, OSError) and original.strerror:
            # What gin raises in its place has lost the system's number and words.
            raise original from None
        # gin adds lines that say which function of the configuration was called.
        message = str(error).partition(_GIN_SUFFIX)[0].strip()
        if isinstance(error, TypeError):
            if not re.search(r"missing \d+ required", message):
                raise
            message = f"the configuration is not complete: {message.splitlines()[0]}"
            raise ValueError(message) from error
        if message == str(error):
            raise
        kind = OSError if isinstance(error, OSError) else ValueError
        raise kind(message) from error


def _references(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return gin.get_bindings(function, resolve_references=False)
    except ValueError:  # No gin file has named the function.
        return {}


def _find(name: str, folders: Sequence[str]) -> Path:
    for folder in folders:
        path = Path(folder) / name
        if path.is_file():
            return path.resolve()
    known = [
        path.relative_to(folder).as_posix()
        for folder in folders[-1:]
        for path in Path(folder).rglob("*.gin")
    ]
    raise FileNotFoundError(
        f"there is no gin file {name} in {', '.join(folders)}{_close(name, known)}"
    )


class _plain_errors:
    """Turns what gin raises into one line that begins with the place."""

    def __init__(self, where: str):
        self.where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind, error, trace) -> None:
        if not isinstance(error, _GIN_ERRORS):
            return
        message, *rest = [line.strip() for line in str(error).strip().splitlines()]
        line = next((m for m in rest if re.match(r"In (file|bindings)", m)), "")
        number = re.search(r"line (\d+)", line or message)
        where = f"{self.where}, line {number[1]}" if number else self.where
        raise ValueError(f"{where}: {_explain(message)}") from error


def _explain(message: str) -> str:
    """Says gin's own messages plainer, and adds names that are close."""
    parameter = re.match(
        r"Configurable '(.*)' doesn't have a parameter named '(.*)'", message
    )
    if parameter:
        function, name = parameter.groups()
        return (
            f"{function} has no parameter {name}"
            f"{_close(name, _parameters(gin.get_configurable(function)))}"
        )
    unknown = re.match(
        r"No configurable matching (?:reference )?'@?(.*?)(\(\))?'", message
    )
    if unknown:
        known = re.findall(r"# Parameters for (?:.*/)?(.*):", gin.config_str())
        names = {n: n for n in known} | {n.rpartition(".")[2]: n for n in known}
        return f"there is no {unknown[1]}{_close(unknown[1], names)}"
    attribute = re.search(r"<module '(.*?)'.*has no attribute (\w+)", message)
    if attribute:
        module, name = attribute.groups()
        return f"{module} has no {name}{_close(name, dir(sys.modules.get(module)))}"
    if message.startswith("Unable to open file"):
        return message.partition(". Searched")[0]
    if message.startswith("Unable to parse value"):
        return "the value cannot be read; text needs quotes inside the shell's"
    return message


def _parameters(function: Callable[..., Any]) -> list[str]:
    if inspect.isclass(function):  # gin's class takes anything, its __init__ does not.
        function = function.__init__
    return list(inspect.signature(function).parameters)


def _macros() -> tuple[set[str], set[str]]:
    """Returns the macros that are read, and those that are set."""
    macro = gin.get_configurable(gin.config.macro)
    # gin tells what is configured nowhere else.
    bound = gin.config._CONFIG
    references = gin.config.iterate_references(bound, to=macro)
    used = {"/".join(reference.scopes) for reference in references}
    return used, {scope for scope, selector in bound if selector == "gin.macro"}


def _check_macros(bindings: Iterable[str]) -> None:
    """Raises where a macro has no value, or the command line sets one in vain."""
    used, is_set = _macros()
    for binding in bindings:
        name = binding.partition("=")[0].strip()
        if "." not in name and name not in used:
            raise ValueError(f"nothing reads --gin.{name}{_close(name, used)}")
    missing = sorted(used - is_set)
    if missing:
        close = _close(missing[0], is_set - used)
        raise ValueError(
            f"nothing sets {', '.join(missing)}: give --gin.{missing[0]}=... or a size "
            f"file, such as --gin_file=sizes/tiny.gin{close}"
        )


def _close(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=_CLOSE)
    return f"; close to it: {', '.join(close)}" if close else ""
