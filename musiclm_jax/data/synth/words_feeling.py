"""What people call tempo, mood, energy, space and course: plain data for captions.

Each list belongs to one true value of a piece, as in `words_players`.
"""

from musiclm_jax.data.synth.word_lists import split, table

TEMPO_ADJECTIVES = table("""
slow: slow, slow-paced, unhurried, leisurely, downtempo, slow-moving, laggard, lazy
medium: mid-tempo, moderately paced, medium-paced, midtempo, medium-tempo,
  walking-pace, moderate
fast: fast, fast-paced, up-tempo, quick, rapid, brisk, speedy, high-speed, racing,
  rushing
""")
"""Tempo class -> those that stand before a noun."""

TEMPO_PHRASES = table("""
slow: at a slow tempo, in no hurry, taking its time, really slow, very slow, nice and
  slow, at a leisurely pace, adagio, largo,
  at a slow pace, slow tempo, played slowly, quite slow, not in a rush
medium: at a medium tempo, at a walking pace, medium tempo, not too fast,
  not too slow and not too fast, at a moderate tempo, andante, moderato,
  at a comfortable pace, mid-tempo, medium speed, at an average tempo
fast: at a fast tempo, really fast, very fast, at high speed, fast tempo, allegro,
  presto, as quick as it gets, at a quick pace, high tempo, played fast,
  at full speed, in a rush, super fast
""")
"""Tempo class -> those that follow a comma, or stand alone."""

TEMPO_VERBS = table("""
slow: takes its time, moves slowly, unfolds slowly, drifts along slowly,
  is in no hurry, rolls along at a slow pace
medium: moves at a moderate pace, walks along, keeps a medium pace,
  goes along at a medium tempo, is neither fast nor slow
fast: races along, moves fast, rushes forward, runs at high speed, goes really fast,
  never slows down, zooms along
""")
"""Tempo class -> what the music does, to follow "it"."""

_CALM_MAJOR = """calm, peaceful, serene, gentle, tender, soothing, relaxing, warm,
  dreamy, comforting, tranquil, sweet, soft, mellow, hopeful, quiet, intimate, calming,
  restful, loving, heavenly, romantic, delicate, sleepy, cosy, content, innocent,
  nostalgic, light, graceful, soft-hearted, laid-back, chilled-out, angelic"""
_CALM_MINOR = """calm, melancholic, sad, sorrowful, pensive, somber, wistful, mournful,
  lonely, mysterious, reflective, bittersweet, haunting, introspective, quiet, soft,
  gloomy, nocturnal, meditative, melancholy, heartbroken, tearful, subdued, blue,
  grieving, nostalgic, cold, rainy, thoughtful, moody, chilled-out, regretful"""
_MODERATE_MAJOR = """happy, cheerful, optimistic, bright, uplifting, playful, pleasant,
  friendly, lighthearted, carefree, positive, charming, easygoing, feel-good, jolly,
  content, merry, good-natured, inspiring, sunny, smiling, warm, confident, proud,
  relaxed, joyful, quirky, cute, welcoming"""
_MODERATE_MINOR = """moody, serious, emotional, dark, bittersweet, longing,
  contemplative, suspenseful, tense, dramatic, enigmatic, mysterious, restless,
  shadowy, sad, brooding, passionate, uneasy, sneaky, cool, soulful, edgy, noir,
  troubled, curious, secretive"""
_ENERGETIC_MAJOR = """energetic, joyful, exciting, triumphant, euphoric, lively,
  exuberant, happy, victorious, heroic, fun, celebratory, upbeat, powerful, ecstatic,
  dynamic, vibrant, cheerful, motivating, bold, optimistic, high-energy, thrilling,
  festive, bouncy, wild, party-ready, invigorating, pumped-up, glorious"""
_ENERGETIC_MINOR = """energetic, intense, aggressive, epic, dramatic, fierce, urgent,
  dark, menacing, frantic, relentless, thrilling, stormy, powerful, edgy, tense,
  driving, angry, hard-hitting, dangerous, high-energy, furious, scary, gripping,
  desperate, rebellious, nervous, fiery, wild"""

MOODS = {
    ("calm", "major"): split(_CALM_MAJOR),
    ("calm", "minor"): split(_CALM_MINOR),
    ("moderate", "major"): split(_MODERATE_MAJOR),
    ("moderate", "minor"): split(_MODERATE_MINOR),
    ("energetic", "major"): split(_ENERGETIC_MAJOR),
    ("energetic", "minor"): split(_ENERGETIC_MINOR),
    # Without keys there is neither joy nor grief.
    ("calm", "none"): split("calm, relaxed, easygoing, soft, quiet, laid-back, gentle"),
    ("moderate", "none"): split(
        "steady, solid, cool, confident, tight, groovy, head-nodding, no-nonsense"
    ),
    ("energetic", "none"): split(
        "energetic, powerful, driving, wild, loud, exciting, intense, lively"
    ),
}
"""(energy, mode) -> moods."""

HARSH_MOODS = split("""
aggressive, fierce, menacing, frantic, relentless, stormy, angry, dangerous, furious,
scary, hard-hitting, epic, urgent, desperate, rebellious, fiery, gripping
""")
"""Moods that only music with a hard or a grand sound can have."""

HARSH_STYLES = split("arcade game, ambient, rock, techno, film score, synthwave")
"""Styles that can."""

MODE_WORDS = table("""
major: major key, in a major key, major, bright harmony, major chords
minor: minor key, in a minor key, minor, dark harmony, minor chords
none: no chords, no key
""")
"""Mode -> how it is said."""

ENERGY_WORDS = table("""
calm: low energy, calm, quiet, relaxed, soft, easy on the ears, chill, low-key
moderate: medium energy, steady, moderate intensity, balanced, even
energetic: high energy, energetic, lively, intense, full of energy, loud, pumping
""")
"""Energy -> how it is said."""

ENERGY_USES = table("""
calm: studying, relaxing, reading, sleep, meditation, a quiet evening, background music,
  winding down, resting, concentration, a rainy day, unwinding, my bath,
  writing in my diary, a massage, deep breathing, stargazing, a sleepy cat
moderate: a walk, working, a vlog, cooking, background music, a slideshow, a podcast,
  a tutorial video, commuting, a commercial, everyday life, a drive to work,
  doing the dishes, gardening, a travel blog, a product video, a phone menu
energetic: a workout, running, a party, sports, a gym, an action scene, dancing, cardio,
  a sports video, motivation, a highlight reel, lifting weights, cleaning the house,
  a race, a dance class, getting pumped, a stunt show, a snowboard video
""")
"""Energy -> what any music of it is used for, to follow "for"."""

ENERGY_CALLS = table("""
calm: time to meditate, time to relax, time to sleep, time to rest, help me fall asleep,
  I need to calm down, let me breathe, good night
moderate: time to walk, time to wake up, time to work, good morning, on my way to work,
  let's go for a walk, an ordinary day
energetic: time to run, time to give 100%, time to dance, time to party, let's go,
  pump me up, I want to jump around, get me moving
""")
"""Energy -> prompts that name the moment and not the music."""

SPACE_WORDS = table("""
dry: dry, close-miked, with a dry sound, in a dry studio, without reverb
room: in a small room, with a natural room sound, with a little reverb
hall: in a concert hall, reverberant, with a lot of reverb, with hall reverb, echoing
cathedral: in a cathedral, drenched in reverb, with a huge reverb, with a long echo,
  in a vast space, cavernous
""")
"""Space -> how its sound is described."""

DYNAMICS_WORDS = table("""
steady: steady, constant, even, unchanging intensity
builds: building up, growing, gradual build, crescendo, rising, swelling, layer by layer
relaxes: thinning out, fading, winding down, getting softer, receding, diminuendo
drops: breakdown, with a break, with a drop, pause and drop
enters: with an intro, melody comes in later, instrumental introduction first
stops: stop and go, with a stop, stop-time, band pauses for a moment
""")
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
        "More and more joins in.",
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
    "enters": (
        "The melody enters after an introduction.",
        "It opens with an intro before the lead comes in.",
        "First the accompaniment, then the melody.",
    ),
    "stops": (
        "The band stops for a moment and leaves the melody alone.",
        "There is a short stop before everybody comes back.",
    ),
}
"""Dynamics -> the course of the clip as a sentence."""

MUSIC_NOUNS = split("piece, track, tune, song, instrumental, recording, composition")
"""What a genre's adjective-like names can be put before."""

METER_WORDS = {
    2: split(
        "6/8 time, six-eight, compound meter, a lilting six-eight, swaying in six"
    ),
    3: split("waltz, in three, 3/4 time, waltz time, triple meter, one two three"),
    4: split("4/4 time, in four, common time"),
}
"""Beats in a bar -> how the meter is said."""
