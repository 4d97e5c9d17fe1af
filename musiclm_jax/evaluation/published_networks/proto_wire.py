"""Messages of protocol buffers as they are stored, read without their definitions."""

from collections import defaultdict
from collections.abc import Mapping

_MAX_VARINT = 10  # bytes
_FIXED = {1: 8, 5: 4}  # wire type -> bytes


def varint(data: memoryview, place: int) -> tuple[int, int]:
    """Reads a number of seven bits a byte; returns it and the place behind it.

    Raises:
        ValueError: it does not end.
    """
    value = 0
    for count, byte in enumerate(data[place : place + _MAX_VARINT]):
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value, place + count + 1
    raise ValueError("a number does not end")


class Message:
    """The fields of a message, each perhaps repeated, by number."""

    def __init__(self, data: memoryview):
        """Splits the bytes of a message; nothing is copied.

        Raises:
            ValueError: they are no message.
        """
        self._fields: Mapping[int, list[int | memoryview]] = defaultdict(list)
        place = 0
        while place < len(data):
            head, place = varint(data, place)
            number, wire_type = head >> 3, head & 7
            if wire_type == 0:
                value, place = varint(data, place)
            elif wire_type == 2:
                length, place = varint(data, place)
                value = _taken(data, place, length)
                place += length
            elif wire_type in _FIXED:
                size = _FIXED[wire_type]
                value = int.from_bytes(_taken(data, place, size), "little")
                place += size
            else:
                raise ValueError(f"a field of no known kind ({wire_type})")
            self._fields[number].append(value)

    def number(self, field: int) -> int:
        """Returns a number, 0 where it is not there.

        Raises:
            ValueError: it is something else.
        """
        value = (self._fields.get(field) or [0])[-1]
        if not isinstance(value, int):
            raise ValueError(f"field {field} is no number")
        return value

    def parts(self, field: int) -> list[memoryview]:
        """Returns all that is stored in bytes: texts, messages, packed numbers.

        Raises:
            ValueError: it is something else.
        """
        values = self._fields.get(field, [])
        if any(isinstance(value, int) for value in values):
            raise ValueError(f"field {field} is a number")
        return values

    def message(self, field: int) -> "Message":
        """Returns the message in a field, an empty one where it is not there."""
        return Message((self.parts(field) or [memoryview(b"")])[-1])

    def messages(self, field: int) -> list["Message"]:
        """Returns all messages in a field."""
        return [Message(part) for part in self.parts(field)]

    def text(self, field: int) -> str:
        """Returns the text in a field, empty where it is not there."""
        return str((self.parts(field) or [b""])[-1], "utf-8")


def _taken(data: memoryview, place: int, length: int) -> memoryview:
    if place + length > len(data):
        raise ValueError("a field reaches beyond its message")
    return data[place : place + length]
