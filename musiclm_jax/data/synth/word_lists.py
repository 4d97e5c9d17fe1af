"""How lists of words are written in the tables of words."""


def split(text: str) -> tuple[str, ...]:
    """Cuts at commas; line breaks are as good as spaces."""
    return tuple(" ".join(part.split()) for part in text.split(",") if part.strip())


def table(text: str) -> dict[str, tuple[str, ...]]:
    """Reads lines "name: phrase, phrase"; a line without a name goes on."""
    found: dict[str, str] = {}
    name = ""
    for line in text.strip().splitlines():
        head, colon, rest = line.partition(": ")
        if colon:
            name, line = head.strip(), rest
        found[name] = f"{found.get(name, '')} {line}"
    return {name: split(phrases) for name, phrases in found.items()}
