import dataclasses
import json

import pytest

from musiclm_jax.files import config_json


@dataclasses.dataclass(frozen=True)
class Inner:
    strides: tuple[int, ...]
    rate: float = 1.0


@dataclasses.dataclass(frozen=True)
class Outer:
    name: str
    inners: tuple[Inner, ...]
    pair: tuple[int, str]
    limit: float | None
    is_causal: bool = True

    def __post_init__(self):
        if self.limit is not None and self.limit < 0:
            raise ValueError(f"limit must not be negative, got {self.limit}")


@dataclasses.dataclass(frozen=True)
class Other:
    dilations: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Either:
    one: Inner | Other


@dataclasses.dataclass(frozen=True)
class Warm:
    heat: float | tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class Grouped:
    width: int
    num_groups: int

    def __post_init__(self):
        if self.width % self.num_groups:
            raise ValueError("no whole groups")


CONFIG = Outer("é", (Inner((1, 2)), Inner((), 0.5)), (3, "x"), None, False)


@pytest.mark.parametrize("config", [CONFIG, dataclasses.replace(CONFIG, limit=2.5)])
def test_config_comes_back_through_json(config):
    text = json.dumps(config_json.to_json(config))
    assert config_json.from_json(Outer, json.loads(text), where="file") == config


def test_a_default_does_not_fill_a_missing_field():
    fields = config_json.to_json(CONFIG)
    del fields["is_causal"]
    with pytest.raises(ValueError, match="file: Outer has missing field is_causal"):
        config_json.from_json(Outer, fields, where="file")


def test_none_is_what_configs_of_before_have_of_an_optional_field():
    @dataclasses.dataclass(frozen=True)
    class Grown:
        size: int
        part: Inner | None = None

    assert config_json.from_json(Grown, {"size": 3}, where="file") == Grown(3)
    whole = Grown(3, Inner((1,)))
    assert config_json.from_json(Grown, config_json.to_json(whole), where="") == whole
    with pytest.raises(ValueError, match="file: Grown has missing field size"):
        config_json.from_json(Grown, {"part": None}, where="file")


def test_the_class_has_the_last_word():
    fields = config_json.to_json(CONFIG) | {"limit": -1}
    with pytest.raises(ValueError, match=r"file: limit must not .* got -1\.0"):
        config_json.from_json(Outer, fields, where="file")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pair": [3]}, "pair is "),
        ({"pair": [3, 4]}, "pair is 4, not str"),
        ({"pair": "3x"}, "pair is '3x'"),
        ({"inners": [{"strides": [1]}]}, "inners: Inner has missing field rate"),
        ({"inners": [[1]]}, "not a table of fields"),
        ({"limit": "2"}, "limit is '2', not float"),
        ({"limit": True}, "limit is True, not float"),
    ],
)
def test_wrong_values_are_named(change, words):
    fields = config_json.to_json(CONFIG) | change
    with pytest.raises(ValueError, match=f"^file: {words}|{words}"):
        config_json.from_json(Outer, fields, where="file")


@pytest.mark.parametrize("one", [Inner((1, 2)), Other((1, 2))])
def test_fields_tell_which_of_several_classes_it_is(one):
    fields = json.loads(json.dumps(config_json.to_json(Either(one))))
    assert config_json.from_json(Either, fields, where="file") == Either(one)


@pytest.mark.parametrize("one", [{"strides": [1]}, {"width": 3}, [1], None])
def test_fields_of_no_class_are_named(one):
    words = r"file: one is .*, whose fields are not those of Inner or Other"
    with pytest.raises(ValueError, match=words):
        config_json.from_json(Either, {"one": one}, where="file")


def test_only_plain_values_can_be_written():
    @dataclasses.dataclass(frozen=True)
    class Wrong:
        value: object

    for value in ([1], {"a": 1}, object()):
        with pytest.raises(ValueError, match="a config cannot hold"):
            config_json.to_json(Wrong(value))


def test_a_size_of_nothing_is_no_size():
    config = {"width": 4, "num_groups": 0}
    with pytest.raises(ValueError, match=r"^file: its sizes do not go together: "):
        config_json.from_json(Grouped, config, where="file")


@pytest.mark.parametrize("heat", [0.5, (0.5, 1.0), ()])
def test_one_number_or_several(heat):
    text = json.dumps(config_json.to_json(Warm(heat)))
    assert config_json.from_json(Warm, json.loads(text), where="here") == Warm(heat)
    with pytest.raises(ValueError, match="here: heat is 'hot', not float"):
        config_json.from_json(Warm, {"heat": "hot"}, where="here")
