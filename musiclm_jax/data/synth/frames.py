"""Frames of prompts, as people type them into a box: plain data.

What stands in braces is filled in with what is true of the piece (see `Slots`); a frame
is drawn only for pieces that have all that it asks for.
"""

PROMPTS = (
    "{tempo} {mood} {genre} with {a_lead}",
    "{tempo} {genre} with {a_lead} {drums}",
    "{mood} {genre}, {tempo_p}, with {a_lead}",
    "{mood} {tempo} {genre} {drums}",
    "{genre} with {a_lead}, {tempo} and {mood}",
    "{lead} and {backing}, {mood}, {tempo_p}",
    "{mood} {lead} {melody} over {backing}, {tempo_p}",
    "{mood} {lead} {melody} backed by {backing}",
    "background music for {use}, {mood} and {tempo}",
    "something {mood} with {a_lead} {drums}, {tempo_p}",
    "something {tempo} and {mood} for {use}",
    "{a_player} playing {genre}, {tempo} and {mood}",
    "{music_tempo} with {a_lead}, {mood}, for {use}",
    "{music_mood} {place}, {tempo_p}",
    "{tempo} {genre} at {bpm} bpm, {mood}",
    "{genre}, {bpm} bpm, {mood}, {lead}",
    "{genre}, {lead}, {mood}, {tempo_p}",
    "{genre} in a {mode} key, {mood}, {tempo_p}",
    "{call}: {tempo} {genre} with {a_lead}",
    "{call}, {mood} {genre}, {tempo_p}",
    "make {music_mood} for {use}, {tempo_p}",
    "make me {music_tempo} that sounds {mood}",
    "can you make {music_tempo} with {a_lead}?",
    "can I have {music_mood} with {a_lead}, {tempo_p}?",
    "I need {music_mood} for {use}, {tempo_p} please",
    "I want {music_tempo} that feels {mood} and {mood2}",
    "I'd like {a_lead} playing something {tempo} and {mood}",
    "give me {music_tempo} with {backing} and {a_lead}",
    "give me some {mood} {lead} {drums}, {tempo_p}",
    "play {music_mood} with {a_lead}, {tempo_p}",
    "play me something {mood} on the {lead}, {tempo_p}",
    "a {tempo} {lead} {melody} {drums}, {mood}",
    "{lead}, {backing}, {tempo_p}, {mood} mood",
    "{quality} {genre} with {a_lead}, {tempo_p}",
    "{quality}, {mood}, {tempo} {genre}",
    "{genre} {drums}, {tempo_p}, {mood} feeling",
    "{genre} like being {place}, {mood}, {tempo_p}",
    "like {place}: {tempo} {genre}, {mood} and {mood2}",
    "{mood} music for {use} with {a_lead}, {tempo_p}",
    "{tempo} music for {use}: {lead}, {backing}",
    "soundtrack for {use}: {mood}, {tempo}, with {a_lead}",
    "imagine being {place}, {a_lead} plays {music_tempo}",
    "{mood} and {mood2} {genre}, {tempo_p}, {drums}",
    "a bit {mood}, {tempo_p}, with {backing} behind {a_lead}",
    "{lead} melody, {drums}, {tempo} tempo, {mood}",
    "{genre} with {a_lead}, {energy}, {tempo}",
    "{tempo} song {drums}, {mood}, main instrument {lead}",
    "{genre} where {a_lead} plays the {melody}, {mood}, {tempo_p}",
    "{genre} for {use}, {tempo_p}",
    "{mood} {genre} {space}, {tempo_p}",
    "{tempo} {genre} {space} with {a_lead}",
    "{genre}, {course}, {tempo}, {mood}",
    "{lead} {melody}, {register}, {tempo_p}, {mood}",
    "{genre}, {meter}, {tempo} and {mood}, {lead}",
    "not my usual music, but {tempo} {genre} with {a_lead} would be nice",
    "what would {mood} {genre} sound like {place}? {tempo_p}",
    "my playlist for {use}: {tempo} {genre}, {mood}",
    "{mood} {lead} for {use}",
    "{mood} {genre}",
    "{genre} for {use}",
    "{genre} {drums}",
)
"""Of any piece with a melody."""

SOLO_PROMPTS = (
    "{alone}, {tempo_p}, {mood}",
    "{tempo} {mood} {alone_noun}",
    "{mood} {alone_noun}, {tempo_p}",
    "{alone}, {mood} and {mood2}, {tempo_p}",
    "{alone} {space}, {tempo} and {mood}",
    "{alone} for {use}, {tempo_p}",
    "{alone}, {genre}, {tempo}, {mood}",
    "{a_player} playing all alone, {tempo} and {mood}",
    "{alone} in a {mode} key, {mood}, {tempo_p}",
    "nothing but {a_lead}, {tempo_p}, {mood}",
    "no band, just {a_lead}: {mood}, {tempo}",
    "{alone}, {register}, {tempo_p}",
    "{mood} {genre}, {alone}, {tempo_p}",
    "I want to hear {alone}, {tempo_p} and {mood}",
    "play {alone}, {mood}, {tempo_p}, no drums",
    "{alone}, {bpm} bpm, {mood}, no accompaniment",
    "{alone}, without drums, {tempo_p}",
    "{quality} {alone_noun}, {mood}, {tempo}",
    "{alone} {place}, {mood}, {tempo_p}",
    "{alone}",
)
"""Of a piece that one instrument plays."""

DRUM_PROMPTS = (
    "{alone}, {tempo_p}, {mood}",
    "{alone}, {kit}, {tempo}",
    "{tempo} {mood} {genre} on {kit}",
    "{mood} {genre}, {tempo_p}",
    "{alone}: {tempo} {kit}, {bpm} bpm",
    "{kit} and no melody, {tempo_p}, {mood}",
    "{tempo} {genre} for {use}, no instruments",
    "{alone} for {use}, {mood}, {tempo_p}",
    "{alone} {space}, {tempo}",
    "just {kit}, {tempo} and {mood}",
    "give me {kit} without any melody, {tempo_p}",
    "I need {alone}, {bpm} bpm, {mood}",
    "{tempo} {genre}, {mood}, {place}",
    "{genre}, {meter}, {tempo_p}, {mood}",
    "{quality} {genre}, {tempo} and {mood}",
    "{alone}",
)
"""Of drums alone."""

FEW_WORDS = (
    "{genre}", "{genre}", "{lead}", "{mood} music", "{tempo} music", "{tempo_p}",
    "{mood} and {mood2}", "{mood} {lead}", "{tempo} {genre}",
    "{tempo} {lead}", "{tempo} {mood} music", "{mood} {genre}", "{quality} music",
    "{drums_only}", "{call}", "{tempo} {mood} {genre}", "{lead}, {tempo_p}",
    "{genre}, {tempo_p}", "{mood}, {tempo}, {lead}", "{tempo} music, {mood}",
)  # fmt: skip
"""A word or a few, of any piece with a melody."""

FEW_DRUM_WORDS = (
    "{alone}", "{genre}", "{tempo} {kit}", "{mood} {kit}", "{alone}, {tempo}",
    "{kit}, {tempo_p}", "{tempo} {mood} {genre}",
)  # fmt: skip
"""A word or a few, of drums alone."""
