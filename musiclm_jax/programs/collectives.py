"""What chips send to each other, read from a compiled program's text.

    computations -> how often each runs (the turns of loops) -> its collectives

A collective that the compiler cut into start, steps and end is one: they share a
channel.
"""

import collections
import dataclasses
import math
import re
from collections.abc import Iterator

KINDS = (
    "all-reduce",
    "all-gather",
    "reduce-scatter",
    "all-to-all",
    "collective-permute",
)

_COMPUTATION = re.compile(r"^(ENTRY )?%?([\w.\-]+) \(.*\) -> .* \{$")
_INSTRUCTION = re.compile(
    r"^\s*(?:ROOT )?%?[\w.\-]+ = (?P<shape>\(.*?\)|\S+) (?P<op>[\w\-]+)\((?P<rest>.*)$"
)
_CALLED = re.compile(
    r"(?:calls|to_apply|body|condition|true_computation|false_computation)="
    r"%?([\w.\-]+)"
)
_BRANCHES = re.compile(r"branch_computations=\{([^}]*)\}")
_ARRAY = re.compile(r"([a-z]\w*)\[([\d,]*)\]")
_KNOWN_TURNS = re.compile(r'known_trip_count[^\d]*"n":"(\d+)"')
_CONSTANT = re.compile(r"constant\((\d+)\)")
_CHANNEL = re.compile(r"channel_id=(\d+)")
# Replica groups are written in three ways.
_GROUPS_OF_SIZE = re.compile(r"replica_groups=\[(?:\d+,)*(\d+)\]<=")
_GROUPS_LISTED = re.compile(r"replica_groups=\{\{([\d,]+)\}")
_GROUPS_OF_AXES = re.compile(r"replica_groups=mesh\[([^\]]*)\].*? \{('[^}]*)\}")


@dataclasses.dataclass(frozen=True)
class Traffic:
    """Collectives of one kind.

    Attributes:
        count: how often they run in one call of the program.
        bytes_sent: what each chip sends meanwhile, around a ring.
    """

    count: int
    bytes_sent: int


@dataclasses.dataclass(frozen=True)
class _Instruction:
    op: str
    shape: str
    rest: str


def traffic(program: str) -> dict[str, Traffic]:
    """Adds up the collectives of a program, by kind.

    Args:
        program: the text of a compiled (partitioned) program, `compiled.as_text()`.

    Returns:
        Kind -> its traffic, only of kinds that occur.
    """
    computations, entry = _parse(program)
    turns = _count_turns(computations, entry)
    count, sent, seen = collections.Counter(), collections.Counter(), set()
    for name, instructions in computations.items():
        for instruction in instructions:
            kind = instruction.op.removesuffix("-start")
            if kind not in KINDS or not turns[name]:
                continue
            channel = _CHANNEL.search(instruction.rest)
            if channel and channel[1] in seen:
                continue
            seen |= {channel[1]} if channel else set()
            # The TPU's reduce-scatter: an all-reduce of which a part is kept.
            if kind == "all-reduce" and "all-reduce-scatter" in name:
                kind = "reduce-scatter"
            count[kind] += turns[name]
            sent[kind] += turns[name] * _bytes_sent(kind, instruction)
    return {kind: Traffic(count[kind], sent[kind]) for kind in KINDS if count[kind]}


def _parse(program: str) -> tuple[dict[str, list[_Instruction]], str]:
    computations, entry, current = {}, "", None
    for line in program.splitlines():
        header = _COMPUTATION.match(line)
        if header:
            current = computations.setdefault(header[2], [])
            entry = header[2] if header[1] else entry
            continue
        found = _INSTRUCTION.match(line)
        if found and current is not None:
            current.append(_Instruction(found["op"], found["shape"], found["rest"]))
    return computations, entry


def _count_turns(
    computations: dict[str, list[_Instruction]], entry: str
) -> collections.Counter:
    """How often each computation runs in one call of the program."""
    turns = collections.Counter()

    def visit(name: str, times: int) -> None:
        turns[name] += times
        for instruction in computations.get(name, ()):
            called = _called(instruction)
            inner = times
            if instruction.op == "while":
                inner *= _turns_of_loop(instruction, computations)
            for callee in called:
                visit(callee, inner)

    visit(entry, 1)
    return turns


def _called(instruction: _Instruction) -> Iterator[str]:
    yield from _CALLED.findall(instruction.rest)
    for names in _BRANCHES.findall(instruction.rest):
        yield from (name.strip().lstrip("%") for name in names.split(","))


def _turns_of_loop(
    loop: _Instruction, computations: dict[str, list[_Instruction]]
) -> int:
    """Turns of a loop that counts up to a constant; one if it does not."""
    known = _KNOWN_TURNS.search(loop.rest)
    if known:
        return int(known[1])
    condition = re.search(r"condition=%?([\w.\-]+)", loop.rest)
    limits = [
        int(found[1])
        for instruction in computations.get(condition[1] if condition else "", ())
        if (found := _CONSTANT.match(f"{instruction.op}({instruction.rest}"))
    ]
    return limits[0] if len(limits) == 1 else 1


def _bytes_sent(kind: str, instruction: _Instruction) -> int:
    """What a chip sends around a ring of its group."""
    size = _group_size(instruction.rest)
    whole = _num_bytes(instruction.shape, started=instruction.op.endswith("-start"))
    if kind == "collective-permute":
        return whole
    if kind == "reduce-scatter" and instruction.op.startswith("reduce-scatter"):
        whole *= size  # the result is only a chip's part
    passes = 2 if kind == "all-reduce" else 1
    return passes * whole * (size - 1) // size


def _num_bytes(shape: str, *, started: bool) -> int:
    sizes = [
        _bytes_of_type(kind)
        * math.prod(int(length) for length in lengths.split(",") if length)
        for kind, lengths in _ARRAY.findall(re.sub(r"\{[^}]*\}", "", shape))
    ]
    # What starts shows operands and results; the larger is the whole.
    return max(sizes) if started and len(sizes) > 1 else sum(sizes)


def _bytes_of_type(kind: str) -> int:
    bits = re.search(r"\d+", kind)
    return max(1, int(bits[0]) // 8) if bits else 1


def _group_size(text: str) -> int:
    if found := _GROUPS_OF_AXES.search(text):
        sizes = dict(re.findall(r"'([\w.]+)'=(\d+)", found[1]))
        axes = re.findall(r"'([\w.]+)'", found[2])
        return math.prod(int(sizes[axis]) for axis in axes)
    if found := _GROUPS_OF_SIZE.search(text):
        return int(found[1])
    if found := _GROUPS_LISTED.search(text):
        return found[1].count(",") + 1
    return 1
