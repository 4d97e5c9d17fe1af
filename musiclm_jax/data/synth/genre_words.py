"""Everyday names of music that the corpus has under another name.

A name is true of a piece if all conditions before it are: a polka is a march that is
not slow, major, and played by those who play polkas.
"""

import re

from musiclm_jax.data.synth.piece import Piece
from musiclm_jax.data.synth.word_lists import split

# Fields of Piece with their values, and a colon; then, indented, the names.
_TEXT = """
style=brass march; tempo_class=medium|fast; mode=major;
    lead=accordion|clarinet|trumpet; beats_per_bar=4:
  polka, oompah music, beer hall music, Oktoberfest music, beer tent band
style=brass march; tempo_class=fast; mode=major:
  circus music, clown music, big top music, cartoon chase music
style=brass march; has_drums=True; energy=moderate|energetic:
  marching band music, military music, patriotic music, football halftime music
style=brass march; mode=major; energy=moderate|energetic:
  royal fanfare, ceremony music, victory music
style=brass march; mode=minor:
  imperial march, villain march
style=film score; energy=energetic:
  trailer music, epic trailer music, blockbuster music, battle music, final
  battle music, superhero music
style=film score; energy=energetic; has_drums=True:
  war drums soundtrack, Viking music, boss battle orchestra
style=film score; mode=minor; energy=calm|moderate:
  sad movie music, mystery soundtrack, tragic drama music, thriller score
style=film score; mode=major; energy=calm|moderate:
  fantasy music, fairytale music, romantic movie music, nature film music,
  adventure game music
style=film score|ambient; mode=minor; tempo_class=slow:
  horror film ambience, eerie music, haunted house music
style=arcade game; energy=energetic; mode=minor:
  boss fight, boss battle, final boss music, castle level music
style=arcade game; mode=major; energy=moderate|energetic:
  platformer music, jump and run music, happy level music, cartridge tune
style=arcade game; mode=minor; energy=calm|moderate:
  dungeon music, underground level music, game over tune
style=arcade game; tempo_class=fast:
  racing game music, speedrun music, shoot em up music
style=lo-fi hip hop:
  lofi, chill hop, study music, homework beats, bedroom beats, lofi radio, old
  school hip hop, rap instrumental
style=lo-fi hip hop; drum_kit=808:
  chill trap, trap beat, cloud rap beat
style=ambient; energy=calm:
  spa music, yoga music, meditation music, sleep music, healing music, zen
  music, drone music, floating music
style=ambient:
  space music, sci-fi ambience, chillout, planetarium music
style=rock; energy=energetic; lead=distorted guitar:
  hard rock, heavy metal, metal, punk, grunge, stadium rock, headbanger music
style=rock; lead=harmonica|electric guitar|saxophone:
  blues rock, roadhouse music, southern rock, bar band music
style=rock; lead=organ|piano:
  classic rock, 70s rock, piano rock
style=rock; tempo_class=slow:
  power ballad, slow rock, rock ballad
style=techno; tempo_class=fast:
  rave music, trance, EDM, hard dance, festival EDM, club banger
style=techno; tempo_class=medium:
  house music, deep house, slow techno, lounge house
style=techno; mode=minor:
  dark techno, warehouse techno
style=synthwave:
  80s music, eighties pop, retro synth music, outrun, new wave, retrowave
style=synthwave; tempo_class=slow:
  vaporwave, slow 80s ballad, chillwave
style=synthwave; mode=minor; energy=moderate|energetic:
  cyberpunk music, darksynth, hacker music, spy thriller synths
style=folk guitar; lead=banjo:
  bluegrass, banjo music, hillbilly music, country picking
style=folk guitar; lead=harmonica|acoustic guitar:
  country music, cowboy music, western music, campfire song, Americana
style=folk guitar; beats_per_bar=2; tempo_class=medium|fast:
  Irish jig, Celtic dance, jig, pub session tune
style=folk guitar; lead=violin|flute|recorder|accordion:
  Irish music, Celtic music, medieval tavern music, village dance, sea shanty
  tune
style=jazz trio; tempo_class=slow:
  late night jazz, jazz ballad, noir jazz, whiskey bar jazz, candlelight jazz
style=jazz trio; tempo_class=fast:
  bebop, swing music, hot jazz, swing dance music, ragtime-era jazz
style=jazz trio; mode=minor; lead=saxophone|muted trumpet:
  detective music, film noir music, private eye music
style=jazz trio; tempo_class=medium:
  cocktail jazz, dinner jazz
style=reggae; lead=steel drums:
  calypso, steel band music, Trinidad carnival music, soca
style=reggae:
  dub, roots reggae, beach music, island music, Jamaican music, vacation music
style=bossa nova; energy=calm:
  elevator music, lounge music, hotel lobby music, waiting room music, muzak
style=bossa nova; tempo_class=fast:
  samba, carnival music, Latin dance music
style=bossa nova:
  bossa, Latin jazz, Brazilian music, latin cafe music
style=bossa nova; drum_kit=percussion:
  rumba, salsa-like music, Cuban music
style=funk; tempo_class=medium|fast:
  disco, 70s dance music, soul train music, roller disco, cop show theme
style=funk; lead=brass section|saxophone|trumpet:
  soul music, Motown, horn band funk, R&B
style=string quartet; mode=major:
  wedding music, garden party music, Mozart-like music, classical
style=string quartet; mode=minor:
  funeral strings, mourning music, sad classical music
style=solo piano; energy=calm:
  sleep piano, relaxing piano, nocturne
style=solo piano; mode=minor; tempo_class=slow:
  sad piano, breakup piano, rainy day piano
style=solo piano; tempo_class=fast:
  saloon piano, silent film piano
style=music box lullaby:
  lullaby, cradle song, nursery music, baby sleep music, bedtime song
style=music box lullaby; mode=minor:
  creepy doll music, haunted music box, ghost child lullaby
style=music box lullaby; instruments=glockenspiel; mode=major:
  Christmas music, snowflake music, toy shop music
style=solo passage; tempo_class=slow; mode=major; energy=calm; lead=hummed
    voice|whistle|sung voice|harp|music box|kalimba|nylon guitar:
  lullaby, bedtime tune
style=solo passage; lead=church organ:
  church music, hymn, Sunday service music, organ prelude
style=solo passage; lead=harpsichord:
  baroque music, Bach-like music, royal court music, powdered wig music
style=solo passage; lead=sitar:
  Indian music, raga, incense music
style=solo passage; lead=koto:
  Japanese music, Asian garden music, tea ceremony music
style=solo passage; lead=accordion:
  French cafe music, Paris street music, sailor music
style=solo passage; lead=nylon guitar:
  Spanish music, flamenco-like guitar, classical guitar music
style=solo passage; lead=banjo:
  bluegrass picking, porch music
style=solo passage; lead=harmonica:
  prison blues, cowboy tune
style=solo passage; lead=choir:
  chant, choral music, monk music
style=solo passage; lead=trumpet; tempo_class=slow:
  bugle call, taps, sunset ceremony music
style=solo passage; lead=tuba|bassoon:
  grandpa music, bear music
style=solo passage; lead=glockenspiel|xylophone:
  ringtone, school music, skeleton dance
style=solo passage; lead=steel drums:
  calypso tune, beach tune
beats_per_bar=3; tempo_class=medium|fast;
    lead_family=strings|keys|winds|plucked|mallets:
  waltz, ballroom dance, three-step dance
tempo_class=slow; energy=calm; lead_family=keys|strings|plucked|winds:
  ballad, slow song
drum_kit=808|electronic|electro; style=drums alone:
  trap drums, techno drums, hip hop drums, drum machine loop
drum_kit=acoustic|room|power; style=drums alone:
  rock drums, breakbeat, drum cover, drum kit demo
drum_kit=taiko; style=drums alone:
  war drums, tribal drums
drum_kit=marching; style=drums alone:
  drumline, military drums
drum_kit=jazz|brushes; style=drums alone:
  jazz drums, swing drums
drum_kit=percussion; style=drums alone:
  bongo jam, latin rhythm
"""
_RULE = re.compile(r"^(\S[^:]*):\n((?: .*\n)+)", re.MULTILINE)

_Conditions = dict[str, tuple[str, ...]]


def _parse(text: str) -> list[tuple[_Conditions, tuple[str, ...]]]:
    """Reads (conditions, names)."""
    rules = []
    for head, names in _RULE.findall(text):
        pairs = (part.split("=") for part in " ".join(head.split()).split("; "))
        conditions = {field: tuple(values.split("|")) for field, values in pairs}
        rules.append((conditions, split(names)))
    return rules


RULES = _parse(_TEXT)
"""(field of Piece -> values of which it must have one, names) of each rule."""


def everyday_genres(piece: Piece) -> list[str]:
    """Lists everyday names that are true of a piece."""
    return [
        name
        for conditions, names in RULES
        if all(_holds(piece, *condition) for condition in conditions.items())
        for name in names
    ]


def _holds(piece: Piece, field: str, values: tuple[str, ...]) -> bool:
    value = getattr(piece, field)
    if field == "instruments":
        return not set(values).isdisjoint(value)
    return str(value) in values
