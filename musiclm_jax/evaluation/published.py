"""What the paper has found of its systems: MusicLM, Table 1 and section 5."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Published:
    """A row of the paper, on the captions of MusicCaps.

    Attributes:
        system: its name there.
        fad_trill: Frechet distance of Trill's embeddings.
        fad_vggish: of VGGish's.
        kld: by a LEAF classifier of AudioSet's classes.
        mcc: by the paper's MuLan.
    """

    system: str
    fad_trill: float
    fad_vggish: float
    kld: float
    mcc: float


ROWS = (
    Published(system="MusicLM", fad_trill=0.44, fad_vggish=4.0, kld=1.01, mcc=0.51),
    Published(
        system="MusicLM without semantic tokens",
        fad_trill=0.42,
        fad_vggish=4.0,
        kld=1.05,
        mcc=0.49,
    ),
    Published(system="Mubert", fad_trill=0.45, fad_vggish=9.6, kld=1.58, mcc=0.32),
    Published(system="Riffusion", fad_trill=0.76, fad_vggish=13.4, kld=1.19, mcc=0.34),
)
