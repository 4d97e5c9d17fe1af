"""What people call instruments, voices, drums, and those who play them.

Each list belongs to one true value of a piece; captions draw from the list of that
value and from no other, which is what keeps them true.
"""

from musiclm_jax.data.synth.word_lists import split, table

TIMBRE_WORDS = table("""
piano: piano, grand piano, acoustic piano, keys, upright piano, concert grand
electric piano: electric piano, Rhodes, Wurlitzer, e-piano, keys, keyboard, EP keys
clavinet: clavinet, funky clav, clav, electric keyboard
harpsichord: harpsichord, cembalo, baroque keyboard
organ: organ, Hammond organ, Hammond, drawbar organ, rock organ, B3 organ
church organ: church organ, pipe organ, cathedral organ, organ, organ pipes
accordion: accordion, squeezebox, musette, accordion and bellows
violin: violin, fiddle
cello: cello, violoncello
string section: string section, strings, orchestral strings, violins, string orchestra,
  string ensemble
pizzicato strings: pizzicato strings, plucked strings, pizzicato, pizzicato violins
acoustic guitar: acoustic guitar, steel-string guitar, guitar, folk guitar,
  wooden guitar
nylon guitar: nylon guitar, classical guitar, Spanish guitar, nylon-string guitar,
  guitar
electric guitar: electric guitar, clean electric guitar, guitar, clean guitar
distorted guitar: distorted guitar, overdriven guitar, fuzz guitar,
  distorted electric guitar, electric guitar, heavy guitar, crunchy guitar
banjo: banjo, five-string banjo
harp: harp, concert harp
sitar: sitar, Indian sitar
koto: koto, Japanese koto, zither
upright bass: upright bass, double bass, acoustic bass, contrabass, stand-up bass
bass guitar: bass guitar, electric bass, bass, fingered bass
flute: flute, woodwind, concert flute, silver flute
recorder: recorder, wooden flute, block flute
clarinet: clarinet, woodwind, single reed
oboe: oboe, woodwind, double reed
bassoon: bassoon, low woodwind, double reed
harmonica: harmonica, mouth organ, blues harp, mouth harp
saxophone: saxophone, sax, tenor sax, alto sax
trumpet: trumpet, horn, brass, bugle
muted trumpet: muted trumpet, trumpet with a mute, trumpet
trombone: trombone, slide trombone, brass, low brass
tuba: tuba, low brass, brass bass
french horn: french horn, French horns, horns, orchestral horn
brass section: brass section, brass, horns, horn section, brass ensemble
marimba: marimba, mallets, wooden mallets, balafon
xylophone: xylophone, mallets, wooden bars
vibraphone: vibraphone, vibes, mallets, metallophone
glockenspiel: glockenspiel, bells, orchestra bells, little bells
music box: music box, chimes, toy piano, celesta, bells, musical box
kalimba: kalimba, thumb piano, mbira
steel drums: steel drums, steelpan, steel pans, steel band
chip lead: chip lead, square wave lead, 8-bit synth, chiptune lead, pulse wave, synth
chip bass: chip bass, triangle wave bass, 8-bit bass, square bass
saw lead: saw lead, synth lead, sawtooth synth, synthesizer, synth, lead synth,
  analog synth
warm pad: warm pad, synth pad, pad, pads, synthesizer pad, ambient pad, synth strings
synth bass: synth bass, electronic bass, analog bass, sub bass, Moog bass
synth pluck: synth pluck, plucky synth, synth, plucked synthesizer, sequencer synth
synth brass: synth brass, brassy synth, 80s synth brass, synthesizer
hummed voice: hummed voice, humming, hum, someone humming, closed-mouth humming
sung voice: sung voice, voice, wordless singing, wordless vocals, singing voice,
  vocals without words
whistle: whistle, whistling, someone whistling, whistled tune
choir: choir, choral voices, chorus, singers, choir voices
""")
"""Timbre -> what people call it; the first is its plainest name."""

PLAYER_WORDS = table("""
piano: pianist, piano player
electric piano: keyboard player, keyboardist
clavinet: keyboard player
harpsichord: harpsichordist, harpsichord player
organ: organist, organ player
church organ: church organist, organist
accordion: accordionist, accordion player
violin: violinist, violin player, fiddler
cello: cellist, cello player
acoustic guitar: guitarist, guitar player
nylon guitar: classical guitarist, guitar player
electric guitar: guitarist, electric guitar player
distorted guitar: guitarist, lead guitarist, guitar hero
banjo: banjo player, banjo picker
harp: harpist, harp player
sitar: sitar player, sitarist
koto: koto player
upright bass: bassist, bass player, double bass player
bass guitar: bassist, bass player
flute: flutist, flute player, flautist
recorder: recorder player
clarinet: clarinetist, clarinet player
oboe: oboist, oboe player
bassoon: bassoonist, bassoon player
harmonica: harmonica player
saxophone: saxophonist, sax player
trumpet: trumpeter, trumpet player
muted trumpet: trumpeter, trumpet player
trombone: trombonist, trombone player
tuba: tuba player
french horn: horn player
vibraphone: vibraphonist, vibraphone player
marimba: percussionist, marimba player
xylophone: percussionist, xylophone player
kalimba: kalimba player
steel drums: steelpan player
hummed voice: person, man, lady
sung voice: singer, person
whistle: whistler, boy, person
""")
"""Timbre -> who plays it, where one person does."""

FAMILY_WORDS = table("""
keys: keyboard instrument, keyboards, keys
strings: bowed strings, string instruments, strings
plucked: plucked strings, plucked instrument, picked strings
winds: wind instrument, wind instruments, winds, blown instrument
mallets: mallet percussion, tuned percussion, bell-like instrument
synth: synthesizer, synth sounds, electronic instrument, synths
voice: voice, human voice, voices without words
""")
"""Family -> what people call it."""

DRUM_WORDS = table("""
acoustic: drums, acoustic drums, drum kit, live drums, drummer, percussion,
  kick and snare, backbeat, real drums, cymbals and toms, drum set
room: drums, big room drums, drum kit, live drums, drummer, roomy drums, backbeat,
  kick and snare, real drums
power: drums, heavy drums, big drums, fat drums, drum kit, drummer, backbeat,
  hard-hitting drums, arena drums
jazz: jazz drums, drums, drum kit, drummer, swinging drums, light drums, percussion
brushes: brushed drums, soft drums, brushes, drums, light percussion,
  swishing brushes, gentle drums, brushed snare
electronic: electronic drums, drum machine, programmed drums, drums, beat,
  digital drums, electronic beat, kick drum and claps, drum loop, percussion
electro: electronic drums, 80s drums, retro drum machine, drums, beat,
  synthetic drums, programmed drums, drum loop
808: 808 drums, 808 beat, drum machine, 808s, drums, beat, programmed drums,
  electronic drums, drum loop
chip: 8-bit drums, noise drums, chiptune drums, drums, crunchy digital drums,
  retro drum sounds, drum beat, bit-crushed percussion
marching: marching drums, snare drum rolls, military drums, parade drums, drums,
  marching percussion, drumline, bass drum and cymbals, field drums
taiko: taiko drums, war drums, huge drums, drums, epic drums, cinematic percussion,
  tribal drums, big drums
percussion: hand percussion, percussion, congas, hand drums, light percussion, drums,
  shakers and congas
""")
"""Kit -> what people call it."""

NO_DRUM_WORDS = split("""
no drums, without drums, no percussion, without percussion, drumless, beatless,
there are no drums, no beat, zero drums
""")
"""How people say that there are none."""

MELODY_NOUNS = table("""
keys: melody, theme, line, tune
strings: melody, theme, line, tune
plucked: melody, riff, line, theme, lick
winds: melody, theme, line, solo, tune
mallets: melody, theme, tune, line
synth: melody, riff, hook, line, lead
voice: melody, tune, song, line
""")
"""Family -> what its melody is called."""

ALONE_WORDS = split("""
solo LEAD, LEAD alone, LEAD solo, unaccompanied LEAD, just LEAD, only LEAD,
LEAD all by itself, LEAD on its own, LEAD and nothing else, a single LEAD,
lone LEAD, LEAD without accompaniment
""")
"""How people say that an instrument plays alone; LEAD stands for it."""

ALONE_SPECIAL = table("""
hummed voice: a hummed melody, someone humming a tune, humming alone,
  a person humming to themselves, solo humming, just someone humming
whistle: a whistled tune, someone whistling, whistling alone,
  a person whistling to themselves, a whistled melody, just someone whistling
sung voice: a wordless sung melody, someone singing aah, a cappella voice,
  a voice singing without words, solo wordless vocals, just a voice
choir: a cappella choir, choir without instruments, choir alone, just a choir
""")
"""Voice -> how people say it of those."""

DRUMS_ALONE_WORDS = split("""
drums alone, drum solo, just drums, only drums, solo drums, drums only,
drums and nothing else, a drummer playing alone, unaccompanied drums, drum break,
drum track without instruments, drums with no melody, percussion only,
a bare drum groove, isolated drums, a drum pattern on its own
""")
"""How people say that nothing but drums is heard."""

REGISTER_WORDS = table("""
low: low, deep, low-pitched, in a low register
middle: mid-range, in the middle register
high: high, high-pitched, in a high register, up high
""")
"""Register of the melody -> how it is said."""
