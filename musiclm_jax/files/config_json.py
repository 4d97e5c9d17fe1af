"""Frozen dataclasses to JSON and strictly back.

A config holds numbers, strings, booleans, tuples, None and further such dataclasses.
It is rebuilt from its type hints alone; what does not fit them exactly is an error, so
that a model never runs with a size it was not trained with. Of several classes that may
stand in one place, no two have the same fields, and these tell which one it is. Only a
field that is None by default may be missing: models of before did not have it.
"""

import dataclasses
import types
import typing
from typing import Any


def to_json(config: Any) -> dict[str, Any]:
    """Returns the fields of a config dataclass as JSON values."""
    return {
        field.name: _value_to_json(getattr(config, field.name))
        for field in dataclasses.fields(config)
    }


def from_json(config_class: type, value: Any, *, where: str) -> Any:
    """Rebuilds a config from JSON values.

    Args:
        config_class: the frozen dataclass to build.
        value: what `to_json` gave.
        where: names the place in error messages, such as a file.

    Raises:
        ValueError: an unknown or missing field, a value of another type, or values that
            cannot be together.
    """
    if not isinstance(value, dict):
        raise ValueError(f"{where}: the config is {value!r}, not a table of fields")
    names = [field.name for field in dataclasses.fields(config_class)]
    unknown = sorted(set(value) - set(names))
    value = {name: None for name in _optional(config_class)} | value
    missing = sorted(set(names) - set(value))
    if unknown or missing:
        wrong = [f"unknown field {name}" for name in unknown]
        wrong += [f"missing field {name}" for name in missing]
        raise ValueError(f"{where}: {config_class.__name__} has {', '.join(wrong)}")
    hints = typing.get_type_hints(config_class)
    fields = {
        name: _value_from_json(hints[name], value[name], f"{where}: {name}")
        for name in names
    }
    try:
        return config_class(**fields)
    except ArithmeticError as error:
        # A size of nothing, by which others are measured.
        raise ValueError(f"{where}: its sizes do not go together: {error}") from error
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _optional(config_class: type) -> list[str]:
    fields = dataclasses.fields(config_class)
    return [field.name for field in fields if field.default is None]


def _value_to_json(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return to_json(value)
    if isinstance(value, tuple):
        return [_value_to_json(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError(f"a config cannot hold {value!r}")


def _value_from_json(hint: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    if dataclasses.is_dataclass(hint):
        return from_json(hint, value, where=where)
    if origin is tuple and isinstance(value, list):
        items = typing.get_args(hint)
        if len(items) == 2 and items[1] is Ellipsis:
            items = (items[0],) * len(value)
        if len(items) == len(value):
            pairs = zip(items, value, strict=True)
            return tuple(_value_from_json(item, v, where) for item, v in pairs)
    elif origin in (typing.Union, types.UnionType):
        choices = [item for item in typing.get_args(hint) if item is not type(None)]
        if value is None and len(choices) < len(typing.get_args(hint)):
            return None
        return _value_from_json(_chosen(choices, value, where), value, where)
    elif hint is float and type(value) in (int, float):
        return float(value)
    elif hint in (int, str, bool) and type(value) is hint:
        return value
    expected = getattr(hint, "__name__", str(hint)) if origin is None else str(hint)
    raise ValueError(f"{where} is {value!r}, not {expected}")


def _chosen(choices: list[Any], value: Any, where: str) -> Any:
    """Returns the hint for a value: a tuple's for a list, or what is left."""
    is_several = [typing.get_origin(choice) is tuple for choice in choices]
    if isinstance(value, list) and any(is_several):
        return choices[is_several.index(True)]
    single = [c for c, several in zip(choices, is_several, strict=True) if not several]
    return single[0] if len(single) == 1 else _of_these_fields(single, value, where)


def _of_these_fields(classes: list[type], value: Any, where: str) -> type:
    """Returns the dataclass whose fields are the keys of `value`."""
    names = [{field.name for field in dataclasses.fields(cls)} for cls in classes]
    if not isinstance(value, dict) or set(value) not in names:
        known = " or ".join(cls.__name__ for cls in classes)
        raise ValueError(f"{where} is {value!r}, whose fields are not those of {known}")
    return classes[names.index(set(value))]
