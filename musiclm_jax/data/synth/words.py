"""What people call instruments, drums, tempo, mood and space: plain data for captions.

Each list belongs to one true value of a piece; captions draw from the list of that
value and from no other, which is what keeps them true.
"""


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


TIMBRE_WORDS = {
    "piano": _words("piano, grand piano, acoustic piano, keys"),
    "electric piano": _words(
        "electric piano, Rhodes, Wurlitzer, e-piano, keys, keyboard"
    ),
    "organ": _words("organ, Hammond organ, church organ, keyboard"),
    "violin": _words("violin, fiddle"),
    "cello": _words("cello, violoncello"),
    "string section": _words("string section, strings, orchestral strings, violins"),
    "acoustic guitar": _words(
        "acoustic guitar, nylon guitar, steel-string guitar, guitar, classical guitar"
    ),
    "electric guitar": _words("electric guitar, clean electric guitar, guitar"),
    "distorted guitar": _words(
        "distorted guitar, overdriven guitar, fuzz guitar, distorted electric guitar, "
        "electric guitar, heavy guitar"
    ),
    "harp": _words("harp, concert harp"),
    "upright bass": _words("upright bass, double bass, acoustic bass, contrabass"),
    "bass guitar": _words("bass guitar, electric bass, bass"),
    "flute": _words("flute, woodwind, concert flute, wooden flute"),
    "clarinet": _words("clarinet, woodwind"),
    "saxophone": _words("saxophone, sax, tenor sax, alto sax"),
    "trumpet": _words("trumpet, horn, brass, bugle"),
    "brass section": _words("brass section, brass, horns, horn section, trombones"),
    "marimba": _words("marimba, xylophone, mallets, wooden mallets, balafon"),
    "vibraphone": _words("vibraphone, vibes, mallets, metallophone"),
    "music box": _words("music box, chimes, toy piano, celesta, bells, glockenspiel"),
    "chip lead": _words(
        "chip lead, square wave lead, 8-bit synth, chiptune lead, pulse wave, synth"
    ),
    "chip bass": _words("chip bass, triangle wave bass, 8-bit bass, square bass"),
    "saw lead": _words(
        "saw lead, synth lead, sawtooth synth, synthesizer, synth, lead synth, "
        "analog synth"
    ),
    "warm pad": _words(
        "warm pad, synth pad, pad, pads, synthesizer pad, ambient pad, synth strings"
    ),
    "synth bass": _words(
        "synth bass, electronic bass, analog bass, sub bass, Moog bass"
    ),
}
"""Timbre -> what people call it; the first is its plainest name."""

PLAYER_WORDS = {
    "piano": _words("pianist, piano player"),
    "electric piano": _words("keyboard player, keyboardist"),
    "organ": _words("organist, organ player"),
    "violin": _words("violinist, violin player, fiddler"),
    "cello": _words("cellist, cello player"),
    "acoustic guitar": _words("guitarist, guitar player"),
    "electric guitar": _words("guitarist, electric guitar player"),
    "distorted guitar": _words("guitarist, lead guitarist"),
    "harp": _words("harpist, harp player"),
    "upright bass": _words("bassist, bass player"),
    "bass guitar": _words("bassist, bass player"),
    "flute": _words("flutist, flute player"),
    "clarinet": _words("clarinetist, clarinet player"),
    "saxophone": _words("saxophonist, sax player"),
    "trumpet": _words("trumpeter, trumpet player"),
    "vibraphone": _words("vibraphonist, vibraphone player"),
    "marimba": _words("percussionist, marimba player"),
}
"""Timbre -> who plays it, where one person does."""

FAMILY_WORDS = {
    "keys": _words("keyboard instrument, keyboards, keys"),
    "strings": _words("bowed strings, string instruments, strings"),
    "plucked": _words("plucked strings, plucked instrument, strummed strings"),
    "winds": _words("wind instrument, wind instruments, winds, blown instrument"),
    "mallets": _words("mallet percussion, tuned percussion, bell-like instrument"),
    "synth": _words("synthesizer, synth sounds, electronic instrument, synths"),
}
"""Family -> what people call it."""

DRUM_WORDS = {
    "acoustic": _words(
        "drums, acoustic drums, drum kit, live drums, drummer, percussion, "
        "kick and snare, backbeat, real drums, cymbals and toms"
    ),
    "brushes": _words(
        "brushed drums, soft drums, brushes, jazz drums, drums, light percussion, "
        "swishing brushes, gentle drums, brushed snare"
    ),
    "electronic": _words(
        "electronic drums, drum machine, programmed drums, 808 drums, drums, beat, "
        "digital drums, electronic beat, kick drum and claps, drum loop, percussion"
    ),
    "chip": _words(
        "8-bit drums, noise drums, chiptune drums, drums, crunchy digital drums, "
        "retro drum sounds, drum beat, bit-crushed percussion"
    ),
    "marching": _words(
        "marching drums, snare drum rolls, military drums, parade drums, drums, "
        "marching percussion, drumline, bass drum and cymbals, field drums"
    ),
}
"""Kit -> what people call it."""

NO_DRUM_WORDS = _words(
    "no drums, without drums, no percussion, without percussion, drumless, "
    "beatless, there are no drums"
)
"""What people say where no drum is heard."""

TEMPO_WORDS = {
    "slow": _words(
        "slow, slow-paced, unhurried, slow tempo, leisurely, downtempo, adagio, "
        "largo, sluggish, at a slow tempo, in no hurry, lento, low bpm"
    ),
    "medium": _words(
        "mid-tempo, medium tempo, moderate tempo, moderately paced, medium-paced, "
        "at a medium tempo, andante, at a walking pace, midtempo, moderato, "
        "not too fast"
    ),
    "fast": _words(
        "fast, fast-paced, fast tempo, up-tempo, quick, rapid, speedy, allegro, "
        "presto, at a fast tempo, racing, brisk, high tempo, uptempo"
    ),
}
"""Tempo class -> adjectives or phrases for the speed."""

TEMPO_ADJECTIVES = {
    "slow": _words("slow, slow-paced, unhurried, leisurely, downtempo"),
    "medium": _words("mid-tempo, moderately paced, medium-paced, midtempo"),
    "fast": _words("fast, fast-paced, up-tempo, quick, rapid, brisk, speedy"),
}
"""Tempo class -> those that stand before a noun."""

TEMPO_VERBS = {
    "slow": _words("takes its time, moves slowly, unfolds slowly, drifts along slowly"),
    "medium": _words("moves at a moderate pace, walks along, keeps a medium pace"),
    "fast": _words("races along, moves fast, rushes forward, runs at high speed"),
}
"""Tempo class -> what the music does, to follow "it"."""

MOODS = {
    ("calm", "major"): _words(
        "calm, peaceful, serene, gentle, tender, soothing, relaxing, warm, dreamy, "
        "comforting, tranquil, sweet, soft, mellow, hopeful, quiet, intimate, calming, "
        "restful, loving, heavenly, romantic, delicate, sleepy"
    ),
    ("calm", "minor"): _words(
        "calm, melancholic, sad, sorrowful, pensive, somber, wistful, mournful, "
        "lonely, mysterious, reflective, bittersweet, haunting, introspective, quiet, "
        "soft, gloomy, nocturnal, meditative, melancholy, heartbroken, tearful, subdued"
    ),
    ("moderate", "major"): _words(
        "happy, cheerful, optimistic, bright, uplifting, playful, pleasant, friendly, "
        "lighthearted, carefree, positive, charming, easygoing, feel-good, jolly, "
        "content, merry, good-natured, inspiring"
    ),
    ("moderate", "minor"): _words(
        "moody, serious, emotional, dark, bittersweet, longing, contemplative, "
        "suspenseful, tense, dramatic, enigmatic, mysterious, restless, shadowy, "
        "sad, spooky, brooding, passionate, uneasy"
    ),
    ("energetic", "major"): _words(
        "energetic, joyful, exciting, triumphant, euphoric, lively, exuberant, happy, "
        "victorious, heroic, fun, celebratory, upbeat, powerful, ecstatic, dynamic, "
        "vibrant, cheerful, motivating, bold, optimistic, high-energy, thrilling"
    ),
    ("energetic", "minor"): _words(
        "energetic, intense, aggressive, epic, dramatic, fierce, urgent, dark, "
        "menacing, frantic, relentless, thrilling, stormy, powerful, edgy, tense, "
        "driving, angry, hard-hitting, dangerous, high-energy, furious, scary"
    ),
}
"""(energy, mode) -> moods."""

HARSH_MOODS = _words(
    "aggressive, fierce, menacing, frantic, relentless, stormy, angry, dangerous, "
    "furious, scary, hard-hitting, spooky, epic, urgent"
)
"""Moods that only music with a hard or a grand sound can have."""

HARSH_STYLES = _words("arcade game, ambient, rock, techno, film score, synthwave")
"""Styles that can."""

MODE_WORDS = {
    "major": _words("major key, in a major key, major, bright harmony, major chords"),
    "minor": _words("minor key, in a minor key, minor, dark harmony, minor chords"),
}
"""Mode -> how it is said."""

ENERGY_WORDS = {
    "calm": _words("low energy, calm, quiet, relaxed, soft, easy on the ears, chill"),
    "moderate": _words("medium energy, steady, moderate intensity, balanced, even"),
    "energetic": _words(
        "high energy, energetic, lively, intense, full of energy, loud"
    ),
}
"""Energy -> how it is said."""

ENERGY_USES = {
    "calm": _words(
        "studying, relaxing, reading, sleep, meditation, a quiet evening, background "
        "music, winding down, resting, concentration, a rainy day, unwinding"
    ),
    "moderate": _words(
        "a walk, working, a vlog, cooking, background music, a slideshow, a podcast, "
        "a tutorial video, commuting, a commercial, everyday life"
    ),
    "energetic": _words(
        "a workout, running, a party, sports, a gym, an action scene, dancing, cardio, "
        "a sports video, motivation, a highlight reel"
    ),
}
"""Energy -> what any music of it is used for, to follow "for"."""

ENERGY_CALLS = {
    "calm": _words("time to meditate, time to relax, time to sleep, time to rest"),
    "moderate": _words("time to walk, time to wake up, time to work"),
    "energetic": _words("time to run, time to give 100%, time to dance, time to party"),
}
"""Energy -> prompts that name the moment and not the music."""

SPACE_WORDS = {
    "dry": _words(
        "dry, close-miked, with a dry sound, in a dry studio, without reverb"
    ),
    "room": _words("in a small room, with a natural room sound, with a little reverb"),
    "hall": _words(
        "in a concert hall, reverberant, with a lot of reverb, with hall reverb"
    ),
    "cathedral": _words(
        "in a cathedral, drenched in reverb, with a huge reverb, with a long echo, "
        "in a vast space, cavernous"
    ),
}
"""Space -> how its sound is described."""

DYNAMICS_WORDS = {
    "steady": _words("steady, constant, even, unchanging intensity"),
    "builds": _words(
        "building up, growing, gradual build, crescendo, rising, swelling"
    ),
    "relaxes": _words("thinning out, fading, winding down, getting softer, receding"),
    "drops": _words(
        "breakdown, with a break, with a drop, pause and drop, stop and go"
    ),
}
"""Dynamics -> how the course of the clip is named in a list."""

DYNAMICS_SENTENCES = {
    "steady": (
        "It keeps the same intensity all the way.",
        "The intensity is constant.",
    ),
    "builds": (
        "It builds up towards the end.",
        "The music keeps growing and creates a sense of anticipation.",
        "The intensity rises with time.",
        "It gets bigger and bigger.",
    ),
    "relaxes": (
        "It calms down towards the end.",
        "The music gradually thins out.",
        "It gets softer with time.",
    ),
    "drops": (
        "There is a break before everything comes back.",
        "It pauses in a breakdown and then drops again.",
        "Parts drop out and return.",
    ),
}
"""Dynamics -> the course of the clip as a sentence."""

MUSIC_NOUNS = _words("piece, track, tune, song, instrumental, recording, composition")
"""What a genre's adjective-like names can be put before."""

MELODY_NOUNS = {
    "keys": _words("melody, theme, line, tune"),
    "strings": _words("melody, theme, line, tune"),
    "plucked": _words("melody, riff, line, theme, lick"),
    "winds": _words("melody, theme, line, solo, tune"),
    "mallets": _words("melody, theme, tune, line"),
    "synth": _words("melody, riff, hook, line, lead"),
}
"""Family -> what its melody is called."""

METER_WORDS = {
    3: _words("waltz, in three, 3/4 time, waltz time, triple meter"),
    4: _words("4/4 time, in four, common time"),
}
"""Beats in a bar -> how the meter is said."""
