"""The only file that knows gin: reads gin files, and calls what they configure.

In the manner of t5x: the library's classes are not decorated, the gin files name them
by import (`from __gin__ import dynamic_registration`); files come first, in their
order, and bindings of the command line after them.
"""

import argparse
import dataclasses
import functools
import inspect
import os
import re
import sys
import tokenize
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import gin

import musiclm_jax
from musiclm_jax.cli import gin_places, gin_types
from musiclm_jax.cli.gin_places import close_to


@dataclasses.dataclass(frozen=True)
class GinArguments:
    """What the command line says of the configuration.

    Attributes:
        files: gin files, in order; relative names are looked up in `search_paths`.
        bindings: `NAME=value` in gin's syntax.
        search_paths: folders, in order, before the current one and our `configs`.
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
    """Adds `--gin_file` and `--gin_search_paths`; see `gin_places` for the rest."""
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


def gin_arguments(options: argparse.Namespace, bindings: Iterable[str]) -> GinArguments:
    """Collects the configuration out of parsed arguments."""
    folders = tuple(f for f in options.gin_search_paths.split(",") if f)
    return GinArguments(tuple(options.gin_file), tuple(bindings), folders)


def load(arguments: GinArguments, *, blank: Sequence[str] = ()) -> None:
    """Reads all files and bindings, and checks that every name exists.

    Args:
        arguments: what the command line says.
        blank: macros that are empty text where nothing sets them.

    Raises:
        FileNotFoundError: a gin file was not found.
        ValueError: what is in a file or binding cannot be; the message names it.
    """
    gin.clear_config()
    folders = [*arguments.search_paths, ".", str(configs_folder())]
    # For `include`. gin would look into Python's packages too, where it fails on a
    # folder without __init__.py. Some editors put a mark before the first letter.
    reader = functools.partial(open, encoding="utf-8-sig")
    gin.config._FILE_READERS[:] = [(reader, os.path.isfile)]
    gin.config._LOCATION_PREFIXES[:] = [str(Path(f).resolve()) for f in folders]
    for name in arguments.files:
        path = gin_places.find(name, folders)
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
    _check_types(arguments, folders)


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
    return _call(
        gin.get_configurable(function), code=gin_types.code_of(function), **given
    )


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


def _call(function: Callable[..., Any], *, code: Any = None, **given: Any) -> Any:
    try:
        return function(**given)
    except Exception as error:
        if not isinstance(error, TypeError | ValueError | OSError):
            gin_types.raise_plainly(error, code)
        original = error.__context__
        if isinstance(original, OSError) and original.strerror:
            # gin's own has lost the system's number and words.
            raise original from None
        # gin adds lines that say which function of the configuration was called.
        message = str(error).partition(gin_types.GIN_SUFFIX)[0].strip()
        if isinstance(error, TypeError):
            if not re.search(r"missing \d+ required", message):
                gin_types.raise_plainly(error, code)
            message = f"the configuration is not complete: {message.splitlines()[0]}"
            raise ValueError(message) from error
        if message == str(error):
            raise
        kind = OSError if isinstance(error, OSError) else ValueError
        raise kind(message) from error


def _check_types(arguments: GinArguments, folders: Sequence[str]) -> None:
    """Compares every value with the type hint of what it is given to.

    Raises:
        ValueError: one cannot be; it names where it was written, and what it must be.
    """
    for (_, selector), bound in gin.config._CONFIG.items():
        if selector == "gin.macro":
            continue
        function = gin.config._REGISTRY[selector].wrapped
        hints = gin_types.hints_of(function)
        for name, given in bound.items():
            value, written = given, f"{selector.rpartition('.')[2]}.{name}"
            while _is_macro(value):
                written = "/".join(value.scopes)
                value = gin.config._CONFIG[written, "gin.macro"]["value"]
            hint = hints.get(name, Any)
            if not gin_types.fits(hint, value):
                place = gin_places.place_of(
                    written,
                    files=arguments.files,
                    bindings=arguments.bindings,
                    folders=folders,
                )
                raise ValueError(
                    f"{place}: {name} of "
                    f"{function.__name__} is {value!r}; it must be "
                    f"{gin_types.words(hint)}"
                )


def _is_macro(value: Any) -> bool:
    is_reference = isinstance(value, gin.config.ConfigurableReference)
    return is_reference and value.selector == "gin.macro"


def _references(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return gin.get_bindings(function, resolve_references=False)
    except ValueError:  # No gin file has named the function.
        return {}


class _plain_errors:
    """Turns what gin raises into one line that begins with the place."""

    def __init__(self, where: str):
        self.where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind, error, trace) -> None:
        if not isinstance(error, Exception):
            return
        if isinstance(error, tokenize.TokenError):
            said, (row, _) = error.args
            raise ValueError(
                f"{self.where}, line {max(1, row - 1)}: a bracket or a quote is opened "
                f"and never closed ({said})"
            ) from error
        message, *rest = [
            line.strip()
            for line in (str(error).strip() or type(error).__name__).splitlines()
        ]
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
            f"{close_to(name, _parameters(gin.get_configurable(function)))}"
        )
    unknown = re.match(
        r"No configurable matching (?:reference )?'@?(.*?)(\(\))?'", message
    )
    if unknown:
        known = re.findall(r"# Parameters for (?:.*/)?(.*):", gin.config_str())
        names = {n: n for n in known} | {n.rpartition(".")[2]: n for n in known}
        return f"there is no {unknown[1]}{close_to(unknown[1], names)}"
    attribute = re.search(r"<module '(.*?)'.*has no attribute (\w+)", message)
    if attribute:
        module, name = attribute.groups()
        return f"{module} has no {name}{close_to(name, dir(sys.modules.get(module)))}"
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
            raise ValueError(f"nothing reads --gin.{name}{close_to(name, used)}")
    missing = sorted(used - is_set)
    if missing:
        close = close_to(missing[0], is_set - used)
        raise ValueError(
            f"nothing sets {', '.join(missing)}: give --gin.{missing[0]}=... or a size "
            f"file, such as --gin_file=sizes/tiny.gin{close}"
        )
