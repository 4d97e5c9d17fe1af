"""Values of a configuration against the type hints of what they are given to."""

import collections.abc
import dataclasses
import inspect
import math
import types
import typing
from collections.abc import Callable
from typing import Any, NoReturn

GIN_SUFFIX = "\n  In call to configurable"
"""What gin adds to a message, and what follows."""

_PLAIN = (bool, int, float, str, list, tuple, dict, type(None))


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Returns name -> type hint of each parameter, as far as they can be read."""
    called = function.__init__ if inspect.isclass(function) else function
    try:
        return typing.get_type_hints(called)
    except Exception:  # Hints may name what is not there when nothing runs.
        return {}


def fits(hint: Any, value: Any) -> bool:
    """Whether a value can be what a hint says; what is no plain value can be anything.

    Numbers that are not finite fit nothing.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return False
    if hint in (Any, inspect.Parameter.empty):
        return True
    if getattr(value, "evaluate", True) is False:  # @name, which is not called
        return not (hint in _PLAIN or typing.get_origin(hint) in (tuple, list))
    if not isinstance(value, _PLAIN):
        return True
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return any(fits(choice, value) for choice in typing.get_args(hint))
    if origin is typing.Literal:
        return value in typing.get_args(hint)
    if hint in (None, type(None)):
        return value is None
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint in (str, bool, dict) or origin is dict:
        return isinstance(value, origin or hint)
    if hint in (tuple, list) or origin in (tuple, list, collections.abc.Sequence):
        return _fits_items(typing.get_args(hint), value)
    if origin is collections.abc.Callable or hint is collections.abc.Callable:
        return False
    # One of our own classes or protocols, which no plain value is.
    is_ours = getattr(hint, "__module__", "").startswith("musiclm_jax")
    return not (is_ours and (dataclasses.is_dataclass(hint) or inspect.isclass(hint)))


def words(hint: Any) -> str:
    """Says what a hint asks for."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(words(choice) for choice in arguments)
    if origin in (tuple, list, collections.abc.Sequence):
        kinds = dict.fromkeys(words(item) for item in arguments if item is not Ellipsis)
        return f"a list (each {' or '.join(kinds)})" if kinds else "a list"
    plain = {
        int: "a whole number",
        float: "a finite number",
        str: "text in quotes",
        bool: "True or False",
        type(None): "None",
    }
    if hint in plain:
        return plain[hint]
    return f"a {getattr(hint, '__name__', str(hint))}, such as @module.name()"


def _fits_items(items: tuple[Any, ...], value: Any) -> bool:
    if not isinstance(value, list | tuple):
        return False
    if not items:
        return True
    if len(items) == 1 or items[1] is Ellipsis:
        return all(fits(items[0], each) for each in value)
    return len(items) == len(value) and all(map(fits, items, value))


def code_of(function: Callable[..., Any]) -> Any:
    """Returns the code that runs where a function is called."""
    called = function.__init__ if inspect.isclass(function) else function
    return getattr(inspect.unwrap(called), "__code__", None)


def raise_plainly(error: Exception, code: Any) -> NoReturn:
    """Raises what went wrong: in a sentence, if nothing was begun with the values."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            raise error
        trace = trace.tb_next
    message = str(error).partition(GIN_SUFFIX)[0].strip().partition("\n")[0]
    raise ValueError(
        f"the configuration has a value that cannot be used: {message}"
    ) from error
