"""What an evaluation found, as a value that goes to `report.json` and to the page."""

import dataclasses
from typing import Any

from musiclm_jax.evaluation.report import Figures


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """One figure of one thing that was measured.

    Attributes:
        measure: what was measured, with all that its value depends on, such as
            "FAD (MuLan 3c809fc3)".
        of: whose figure it is: "true", "codec", "generated", "noise", or a level or a
            stage.
        value: the figure; None where there is none, of which the remark says why.
        low: lower end of its interval; None where it has none.
        high: upper end of it.
        better: "low" or "high", or "near" where what is near the true clips' is good.
        remark: what a reader has to know, such as that there were too few clips.
    """

    measure: str
    of: str
    value: float | None
    low: float | None = None
    high: float | None = None
    better: str = "high"
    remark: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Clip:
    """A piece that was generated, and how well it does.

    Attributes:
        name: of the clip whose caption was the prompt.
        prompt: the caption.
        generated: file of the piece, within the folder of the report.
        true: file of the clip beside it; None where it is not kept.
        agreement: of prompt and piece, by MuLan: what clips are ordered by.
    """

    name: str
    prompt: str
    generated: str
    true: str | None
    agreement: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Findings:
    """All that an evaluation found.

    Attributes:
        title: what was evaluated on what.
        card: model, set, settings, versions and hardware: what JSON holds.
        figures: in the order in which they are shown.
        clips: all that were generated.
    """

    title: str
    card: dict[str, Any]
    figures: tuple[Finding, ...]
    clips: tuple[Clip, ...]

    def json(self) -> dict[str, Any]:
        """Returns what JSON holds."""
        return dataclasses.asdict(self)

    def table(self) -> Figures:
        """Returns all figures as a table for people."""
        columns = tuple(field.name for field in dataclasses.fields(Finding))
        rows = tuple(dataclasses.astuple(figure) for figure in self.figures)
        return Figures(self.title, columns, rows)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "Findings":
        """Returns what `json` made, read again."""
        return cls(
            title=found["title"],
            card=found["card"],
            figures=tuple(Finding(**figure) for figure in found["figures"]),
            clips=tuple(Clip(**clip) for clip in found["clips"]),
        )
