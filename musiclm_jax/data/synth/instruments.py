"""Timbres: one function each, from a note to sound.

A voice gives the sound of a key that is held; `render_note` adds the release and keeps
what was rendered, because music repeats its notes.
"""

import functools
import zlib
from collections.abc import Callable

import numpy as np

from musiclm_jax.data.synth import oscillators as osc

_RELEASE_SECONDS = {
    "piano": 0.18, "electric piano": 0.15, "organ": 0.06, "violin": 0.12,
    "cello": 0.15, "string section": 0.3, "acoustic guitar": 0.25,
    "electric guitar": 0.12, "distorted guitar": 0.05, "harp": 0.9,
    "upright bass": 0.1, "bass guitar": 0.06, "flute": 0.1, "clarinet": 0.08,
    "saxophone": 0.09, "trumpet": 0.07, "brass section": 0.1, "marimba": 0.5,
    "vibraphone": 0.7, "music box": 1.2, "chip lead": 0.012, "chip bass": 0.012,
    "saw lead": 0.12, "warm pad": 0.8, "synth bass": 0.05,
}  # fmt: skip
_LENGTHS_SECONDS = (0.2, 0.45, 0.9, 1.8, 3.6, 7.2, 14.4)
_VELOCITIES = (0.35, 0.6, 0.9)
_FADE_SECONDS = 0.003
_CACHE_NOTES = 1500

Voice = Callable[[int, float, float, np.random.Generator], np.ndarray]


def render_note(
    timbre: str, pitch: float, duration_seconds: float, velocity: float
) -> np.ndarray:
    """Renders a note.

    Args:
        timbre: a name of `VOICES`.
        pitch: MIDI number.
        duration_seconds: until the key is released; the sound goes on for a while.
        velocity: 0 to 1; changes loudness and tone.

    Returns:
        [sample], float32. The same arguments give the same bytes.
    """
    release = int(_RELEASE_SECONDS[timbre] * osc.SAMPLE_RATE)
    held = max(int(duration_seconds * osc.SAMPLE_RATE), 240)
    needed = (held + release) / osc.SAMPLE_RATE
    bucket = next(s for s in (*_LENGTHS_SECONDS, needed) if s >= needed)
    level = min(_VELOCITIES, key=lambda v: abs(v - velocity))
    audio = _held(timbre, float(pitch), float(bucket), level)[: held + release].copy()
    # A squared ramp: close to exponential, but it reaches zero.
    audio[held:] *= np.linspace(1.0, 0.0, len(audio) - held, dtype=np.float32) ** 2
    return audio * np.float32(velocity**1.3)


@functools.lru_cache(maxsize=_CACHE_NOTES)
def _held(timbre: str, pitch: float, seconds: float, velocity: float) -> np.ndarray:
    """A held key, with chance fixed by the note itself. Not to be written to."""
    label = f"{timbre}/{pitch:.2f}/{velocity:.2f}"
    rng = np.random.default_rng(zlib.crc32(label.encode()))
    num_samples = int(np.ceil(seconds * osc.SAMPLE_RATE))
    audio = VOICES[timbre](num_samples, pitch, velocity, rng).astype(np.float32)
    fade = int(_FADE_SECONDS * osc.SAMPLE_RATE / 3)
    audio[:fade] *= np.linspace(0.0, 1.0, fade, dtype=np.float32)
    audio.flags.writeable = False
    return audio


def _harmonics(pitch: float) -> np.ndarray:
    """Numbers of the harmonics that may be heard, [harmonic]."""
    return np.arange(1, max(2, int(11_000 / osc.hertz(pitch))) + 1)[:80]


def _formants(
    frequencies: np.ndarray, *peaks: tuple[float, float, float], floor: float
) -> np.ndarray:
    """Gain of a body with resonances (hz, width in octaves, gain), [harmonic]."""
    gain = np.full(frequencies.shape, floor)
    for hz, width, height in peaks:
        gain = gain + height * np.exp(-((np.log2(frequencies / hz) / width) ** 2))
    return gain


def _lowpass(frequencies: np.ndarray, cutoff_hz: float, order: float) -> np.ndarray:
    """Magnitude of a smooth low-pass, [harmonic]."""
    return 1.0 / np.sqrt(1.0 + (frequencies / cutoff_hz) ** (2 * order))


def _piano(n, pitch, velocity, rng):
    """Stiff strings in pairs and a felt hammer."""
    base = osc.hertz(pitch)
    order = np.arange(1, 15)
    stretch = np.sqrt(1.0 + 0.0003 * 2 ** ((pitch - 60) / 18) * order**2)
    tone = order ** (-0.75 - 0.9 * (1 - velocity)) * _lowpass(order * base, 4200, 1)
    tone = tone * (0.3 + np.abs(np.sin(np.pi * order / 7.5)))
    tau = 1.5 * 2 ** (-(pitch - 60) / 16) / (1.0 + 0.28 * (order - 1))
    frequencies = base * order * stretch
    string = osc.partials(n, frequencies, tone, tau)
    string += osc.partials(n, frequencies[:6] * 1.0009, 0.4 * tone[:6], 1.8 * tau[:6])
    knock = osc.noise(min(n, 900), rng, 300, 2500) * osc.decay(min(n, 900), 0.006)
    string[: len(knock)] += 0.25 * velocity * knock
    return 0.4 * string


def _electric_piano(n, pitch, velocity, rng):
    """A tine: frequency modulation that dies faster than the tone."""
    base = osc.hertz(pitch)
    time = osc.seconds_axis(n)
    angle = np.float32(2 * np.pi * base) * time
    index = (0.35 + 1.5 * velocity) * osc.decay(n, 0.5) + 0.15
    tone = np.sin(angle + index * np.sin(angle)) * osc.decay(n, 1.3)
    bell = np.array([min(base * 7.0, 5200.0)])
    chime = osc.partials(n, bell, np.array([0.2 * velocity]), np.array([0.13]))
    return 0.6 * (tone + chime)


def _organ(n, pitch, velocity, rng):
    """Drawbars through a turning loudspeaker."""
    bars = np.zeros((1, 16))
    bars[0, [0, 1, 2, 3, 5, 7, 11, 15]] = (0.5, 1.0, 0.55, 0.7, 0.45, 0.5, 0.2, 0.2)
    track = osc.vibrato(
        n, osc.hertz(pitch) / 2, rate_hz=6.4, cents=9, delay_seconds=0.01
    )
    sway = 1.0 + 0.22 * np.sin(2 * np.pi * 6.4 * osc.seconds_axis(n) + 1.0)
    click = osc.noise(min(n, 300), rng, 1500, 6000) * osc.decay(min(n, 300), 0.003)
    audio = 0.4 * osc.harmonic_tone(track, bars) * sway
    audio *= osc.curve(n, (0.0, 0.0), (0.006, 1.0))
    audio[: len(click)] += 0.15 * click
    return audio


def _bowed(n, pitch, velocity, rng, *, peaks, cutoff_hz, attack, cents):
    """A bowed string in a wooden body."""
    order = _harmonics(pitch)
    frequencies = order * osc.hertz(pitch)
    body = _formants(frequencies, *peaks, floor=0.35)
    full = body / order * _lowpass(frequencies, cutoff_hz * (0.7 + 0.6 * velocity), 1.5)
    spectra = np.stack([full * _lowpass(frequencies, 900, 1), full, full])
    track = osc.vibrato(n, osc.hertz(pitch), rate_hz=5.7, cents=cents)
    audio = osc.harmonic_tone(track, spectra)
    audio += 0.02 * osc.noise(n, rng, 2000, 6000)
    swell = osc.curve(n, (0.0, 0.0), (attack, 0.85), (4 * attack, 1.0))
    return 0.8 * audio * swell


def _violin(n, pitch, velocity, rng):
    """Bright, with a singing resonance."""
    peaks = ((480, 0.35, 1.0), (1100, 0.3, 0.9), (2900, 0.4, 1.9))
    return _bowed(
        n, pitch, velocity, rng, peaks=peaks, cutoff_hz=5200, attack=0.05, cents=22
    )


def _cello(n, pitch, velocity, rng):
    """Dark and woody."""
    peaks = ((230, 0.4, 1.5), (600, 0.4, 1.2), (1500, 0.4, 0.7))
    return _bowed(
        n, pitch, velocity, rng, peaks=peaks, cutoff_hz=2400, attack=0.07, cents=16
    )


def _string_section(n, pitch, velocity, rng):
    """Many bows."""
    order = _harmonics(pitch)
    frequencies = order * osc.hertz(pitch)
    spectrum = _formants(frequencies, (500, 0.6, 0.8), (2500, 0.6, 0.7), floor=0.5)
    spectrum = spectrum / order * _lowpass(frequencies, 2600 + 1500 * velocity, 1.5)
    audio = osc.ensemble(
        n, osc.hertz(pitch), spectrum, cents=(-11.0, -3.0, 4.0, 12.0), vibrato_cents=12
    )
    return 0.7 * audio * osc.curve(n, (0.0, 0.0), (0.14, 0.9), (0.5, 1.0))


def _pluck(n, pitch, velocity, rng, *, bright, sustain, damping, position):
    """A plucked string; harder plucks are brighter."""
    return 0.7 * osc.plucked_string(
        n,
        osc.hertz(pitch),
        rng,
        brightness=min(1.0, bright * (0.75 + 0.4 * velocity)),
        sustain_seconds=sustain * 2 ** (-(pitch - 60) / 24),
        damping=damping,
        position=position,
    )


def _acoustic_guitar(n, pitch, velocity, rng):
    """Steel strings and the thump of the box."""
    audio = _pluck(
        n, pitch, velocity, rng, bright=0.75, sustain=0.9, damping=0.22, position=0.21
    )
    box = osc.partials(
        n, np.array([105.0, 210.0]), np.array([0.18, 0.1]), np.array([0.05, 0.04])
    )
    return audio + velocity * box


def _electric_guitar(n, pitch, velocity, rng):
    """Clean, with the comb of a pickup."""
    return _pluck(
        n, pitch, velocity, rng, bright=0.5, sustain=1.3, damping=0.35, position=0.13
    )


def _distorted_guitar(n, pitch, velocity, rng):
    """The string alone: the amplifier distorts the sum of the strings in the mix."""
    return _pluck(
        n, pitch, velocity, rng, bright=0.85, sustain=2.5, damping=0.12, position=0.12
    )


def _harp(n, pitch, velocity, rng):
    """Round, long ringing."""
    return _pluck(
        n, pitch, velocity, rng, bright=0.3, sustain=1.1, damping=0.6, position=0.45
    )


def _upright_bass(n, pitch, velocity, rng):
    """Gut strings under fingers."""
    audio = _pluck(
        n, pitch, velocity, rng, bright=0.3, sustain=0.35, damping=0.5, position=0.3
    )
    thump = osc.noise(min(n, 1500), rng, 60, 400) * osc.decay(min(n, 1500), 0.015)
    audio[: len(thump)] += 0.15 * velocity * thump
    return audio


def _bass_guitar(n, pitch, velocity, rng):
    """Round-wound strings."""
    return _pluck(
        n, pitch, velocity, rng, bright=0.62, sustain=0.6, damping=0.18, position=0.15
    )


def _blown(n, pitch, velocity, rng, spectrum, *, attack, breath, cents, scoop=0.0):
    """A wind voice: brightness follows the breath."""
    order = np.arange(1, spectrum.shape[-1] + 1)
    soft = spectrum * order**-0.9
    spectra = np.stack([soft * 0.6, spectrum, spectrum, spectrum])
    track = osc.vibrato(n, osc.hertz(pitch), rate_hz=5.2, cents=cents)
    rise = osc.curve(n, (0.0, 1.0), (0.07, 0.0))
    track = track * (1.0 - np.float32(scoop) * rise)
    # The first frame must pass within the attack, whatever the length.
    head = max(2, int(2 * attack * osc.SAMPLE_RATE))
    audio = osc.harmonic_tone(track, spectrum)
    audio[:head] = osc.harmonic_tone(track[:head], spectra[:2])[: len(audio[:head])]
    sway = 1.0 + 0.08 * np.sin(2 * np.pi * 5.2 * osc.seconds_axis(n))
    wind = breath * osc.noise(n, rng, 1000, 6000)
    shape = osc.curve(n, (0.0, 0.0), (attack, 1.0), (3 * attack, 0.85))
    return 0.7 * (audio * sway + wind) * shape


def _flute(n, pitch, velocity, rng):
    """Almost a sine, in breath."""
    spectrum = np.array([1.0, 0.32 * velocity, 0.18 * velocity, 0.04, 0.02])
    return _blown(n, pitch, velocity, rng, spectrum, attack=0.05, breath=0.06, cents=14)


def _clarinet(n, pitch, velocity, rng):
    """Odd harmonics."""
    order = _harmonics(pitch)
    odd = np.where(order % 2 == 1, 1.0, 0.06) / order**0.85
    spectrum = odd * _lowpass(order * osc.hertz(pitch), 1700 + 1200 * velocity, 1.5)
    return _blown(n, pitch, velocity, rng, spectrum, attack=0.04, breath=0.012, cents=4)


def _saxophone(n, pitch, velocity, rng):
    """A reed on a cone: all harmonics, hollow resonances."""
    order = _harmonics(pitch)
    frequencies = order * osc.hertz(pitch)
    body = _formants(frequencies, (620, 0.4, 1.4), (1500, 0.35, 1.0), floor=0.2)
    spectrum = body / order**0.7 * _lowpass(frequencies, 2600 + 1500 * velocity, 1.5)
    return _blown(
        n, pitch, velocity, rng, spectrum,
        attack=0.035, breath=0.05, cents=20, scoop=0.03,
    )  # fmt: skip


def _trumpet(n, pitch, velocity, rng):
    """Brassy: the harder, the brighter."""
    order = _harmonics(pitch)
    frequencies = order * osc.hertz(pitch)
    body = _formants(frequencies, (1250, 0.55, 1.6), (2400, 0.4, 0.8), floor=0.35)
    spectrum = body / order**0.5 * _lowpass(frequencies, 1800 + 2600 * velocity, 1.6)
    return 0.6 * _blown(
        n, pitch, velocity, rng, spectrum, attack=0.03, breath=0.006, cents=8
    )


def _brass_section(n, pitch, velocity, rng):
    """Several horns."""
    order = _harmonics(pitch)
    frequencies = order * osc.hertz(pitch)
    spectrum = _formants(frequencies, (500, 0.7, 1.2), (1200, 0.5, 0.8), floor=0.3)
    spectrum = (
        spectrum / order**0.6 * _lowpass(frequencies, 1200 + 1800 * velocity, 1.7)
    )
    soft = spectrum * order**-0.6
    audio = osc.ensemble(
        n, osc.hertz(pitch), np.stack([soft, spectrum, spectrum, soft]),
        cents=(-7.0, 1.0, 9.0), vibrato_cents=4,
    )  # fmt: skip
    return 0.5 * audio * osc.curve(n, (0.0, 0.0), (0.05, 1.0), (0.2, 0.8))


def _bar(n, pitch, velocity, rng, *, ratios, gains, taus, click_hz):
    """A struck bar and the mallet's click."""
    frequencies = osc.hertz(pitch) * np.array(ratios)
    amplitudes = np.array(gains) * np.array([1.0] + [velocity] * (len(gains) - 1))
    decays = np.array(taus) * 2 ** (-(pitch - 72) / 24)
    audio = osc.partials(n, frequencies, amplitudes, decays)
    click = osc.noise(min(n, 600), rng, click_hz, 2 * click_hz)
    audio[: len(click)] += 0.1 * velocity * click * osc.decay(len(click), 0.004)
    return 0.7 * audio


def _marimba(n, pitch, velocity, rng):
    """Wood."""
    return _bar(
        n, pitch, velocity, rng, ratios=(1, 3.93, 9.2), gains=(1, 0.4, 0.15),
        taus=(0.28, 0.08, 0.03), click_hz=900,
    )  # fmt: skip


def _vibraphone(n, pitch, velocity, rng):
    """Metal with a motor."""
    audio = _bar(
        n, pitch, velocity, rng, ratios=(1, 4.0, 9.9), gains=(1, 0.22, 0.06),
        taus=(1.8, 0.7, 0.2), click_hz=1500,
    )  # fmt: skip
    return audio * (1.0 + 0.35 * np.sin(2 * np.pi * 5.5 * osc.seconds_axis(n)))


def _music_box(n, pitch, velocity, rng):
    """A small steel comb."""
    return _bar(
        n, pitch, velocity, rng, ratios=(1, 2.01, 3.0, 5.42, 6.3),
        gains=(1, 0.25, 0.35, 0.3, 0.15), taus=(0.9, 0.5, 0.35, 0.15, 0.1),
        click_hz=4000,
    )  # fmt: skip


def _chip_lead(n, pitch, velocity, rng):
    """A pulse wave of a quarter's duty."""
    order = _harmonics(pitch)
    spectrum = np.sin(np.pi * order * 0.25) / order
    track = osc.vibrato(n, osc.hertz(pitch), rate_hz=6.5, cents=18, delay_seconds=0.3)
    return 0.6 * osc.harmonic_tone(track, spectrum) * osc.curve(n, (0, 1), (0.4, 0.6))


def _chip_bass(n, pitch, velocity, rng):
    """A triangle wave drawn in steps."""
    order = _harmonics(pitch)
    spectrum = np.where(order % 2 == 1, 1.0 / order**2, 0.0)
    spectrum = spectrum + np.isin(order, (15, 17, 31, 33)) * 0.05
    return osc.harmonic_tone(np.full(n, osc.hertz(pitch), np.float32), spectrum)


def _saw_lead(n, pitch, velocity, rng):
    """Detuned saws under a filter that opens and closes."""
    order = _harmonics(pitch)
    frequencies = order * osc.hertz(pitch)
    opened = 2500 + 3000 * velocity
    sweep = [_resonant(frequencies, c) for c in (900, opened, 0.7 * opened, 1500, 1200)]
    audio = osc.ensemble(
        n, osc.hertz(pitch), np.stack(sweep) / order,
        cents=(-12.0, 0.0, 12.0), vibrato_cents=7,
    )  # fmt: skip
    return 0.6 * audio * osc.curve(n, (0, 0), (0.012, 1.0), (0.4, 0.8))


def _resonant(frequencies: np.ndarray, cutoff_hz: float) -> np.ndarray:
    """Low-pass with a peak at its cut-off, [harmonic]."""
    peak = _formants(frequencies, (cutoff_hz, 0.2, 1.2), floor=1.0)
    return peak * _lowpass(frequencies, cutoff_hz, 2)


def _warm_pad(n, pitch, velocity, rng):
    """Slow, dark saws."""
    order = _harmonics(pitch)
    frequencies = order * osc.hertz(pitch)
    sweep = [_lowpass(frequencies, c, 1.6) for c in (450, 900, 1300, 900, 600)]
    audio = osc.ensemble(
        n, osc.hertz(pitch), np.stack(sweep) / order,
        cents=(-14.0, -4.0, 5.0, 13.0), vibrato_cents=3,
    )  # fmt: skip
    return 0.7 * audio * osc.curve(n, (0.0, 0.0), (0.25, 0.9), (0.8, 1.0))


def _synth_bass(n, pitch, velocity, rng):
    """A saw whose filter snaps shut, over a sine."""
    order = _harmonics(pitch)
    frequencies = order * osc.hertz(pitch)
    track = np.full(n, osc.hertz(pitch), np.float32)
    attack = 600 + 2400 * velocity
    head = min(n, int(0.25 * osc.SAMPLE_RATE))
    closed = _resonant(frequencies, 350) / order
    snap = [_resonant(frequencies, c) / order for c in (attack, 0.4 * attack, 350)]
    audio = osc.harmonic_tone(track, closed)
    audio[:head] = osc.harmonic_tone(track[:head], np.stack(snap))
    deep = np.sin(2 * np.pi * osc.hertz(pitch) * osc.seconds_axis(n))
    return (0.7 * audio + 0.4 * deep) * osc.curve(n, (0, 0), (0.004, 1), (0.6, 0.7))


VOICES: dict[str, Voice] = {
    "piano": _piano, "electric piano": _electric_piano, "organ": _organ,
    "violin": _violin, "cello": _cello, "string section": _string_section,
    "acoustic guitar": _acoustic_guitar, "electric guitar": _electric_guitar,
    "distorted guitar": _distorted_guitar, "harp": _harp,
    "upright bass": _upright_bass, "bass guitar": _bass_guitar, "flute": _flute,
    "clarinet": _clarinet, "saxophone": _saxophone, "trumpet": _trumpet,
    "brass section": _brass_section, "marimba": _marimba, "vibraphone": _vibraphone,
    "music box": _music_box, "chip lead": _chip_lead, "chip bass": _chip_bass,
    "saw lead": _saw_lead, "warm pad": _warm_pad, "synth bass": _synth_bass,
}  # fmt: skip
