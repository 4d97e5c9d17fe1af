"""What people call each style, where they hear it and what they use it for.

Plain data, read by the captions. A line that starts with an energy holds for pieces of
that energy alone and has genres before the slash and uses after it.
"""

import dataclasses
import re

from musiclm_jax.data.synth.piece import ENERGIES


@dataclasses.dataclass(frozen=True)
class StyleWords:
    """The words of one style.

    Attributes:
        genres: energy or "any" -> noun phrases that name the music, without article.
        qualities: adjectives that fit every piece of the style.
        places: where such music is heard, or what it brings to mind ("in a club").
        uses: energy or "any" -> what the music is for, to follow "for".
    """

    genres: dict[str, tuple[str, ...]]
    qualities: tuple[str, ...]
    places: tuple[str, ...]
    uses: dict[str, tuple[str, ...]]


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.split(","))


def _parse(text: str) -> StyleWords:
    """Reads lines "name: phrase, phrase"; an energy has its "genres / uses"."""
    # Indented further than a name: the line before goes on.
    lines = re.sub(r"\n {6}", " ", text).strip().splitlines()
    lists = dict(line.strip().split(": ", 1) for line in lines)
    graded = {energy: lists[energy].split("/") for energy in ENERGIES}
    return StyleWords(
        genres={"any": _phrases(lists["genres"])}
        | {energy: _phrases(halves[0]) for energy, halves in graded.items()},
        qualities=_phrases(lists["qualities"]),
        places=_phrases(lists["places"]),
        uses={"any": _phrases(lists["uses"])}
        | {energy: _phrases(halves[1]) for energy, halves in graded.items()},
    )


_TEXTS = {
    "arcade game": """
    genres: chiptune, 8-bit music, video game music, arcade game music, 8-bit,
      arcade game soundtrack, retro game music, video game soundtrack, chip music,
      NES soundtrack, Game Boy music, 8-bit soundtrack, bitpop, arcade music
    qualities: 8-bit, pixelated, retro, bleepy, blippy, digital, lo-res, electronic
    places: in an arcade, on an old console, on a Nintendo, on a Game Boy,
      in a pixel world, on a Commodore 64, in a platformer, in a dungeon,
      in a side-scroller, in a retro game
    uses: a video game, an arcade game, a platform game, a pixel art game,
      a level theme, a retro console, a title screen, an indie game, a computer game,
      gamers
    calm: overworld theme, save room music / a menu screen, a game over screen,
      a quiet underwater level
    moderate: level music, map theme / a puzzle level, exploring a dungeon
    energetic: boss fight music, boss battle theme / a boss fight, a final boss,
      a speedrun, a racing game, a space shooter, a high score
    """,
    "ambient": """
    genres: ambient music, ambient, ambient soundscape, drone, atmospheric music,
      ambient electronic music, new age music, soundscape, space music,
      ambient synth music, textural music
    qualities: atmospheric, floating, spacious, ethereal, drifting, airy, otherworldly,
      hazy, weightless, vast, spacey, evolving
    places: in outer space, under water, in a spa, among the stars, in the clouds,
      on a glacier, by the sea at night, in a planetarium, in a temple, in a cave,
      lost in space, in the fog
    uses: a nature documentary, a science documentary, an art installation,
      a planetarium, stargazing, daydreaming, a museum, a slow-motion video
    calm: meditation music, sleep music, spa music, relaxation music / meditation, yoga,
      sleep, a spa, deep relaxation, massage, falling asleep, mindfulness,
      breathing exercises, healing
    moderate: cinematic ambient / floating through space, a time-lapse
    energetic: dark ambient, cinematic drone / a science fiction scene,
      a space documentary
    """,
    "lo-fi hip hop": """
    genres: lo-fi hip hop, lofi, lo-fi beat, lofi hip hop, chillhop, lo-fi,
      hip hop beat, lofi beats, jazzy hip hop, boom bap, instrumental hip hop, jazz hop,
      rap beat
    qualities: dusty, jazzy, laid-back, hazy, vintage, cozy, warm, head-nodding
    places: in a coffee shop, in a bedroom, in a library, on a rainy night,
      by the window, in a small cafe, in a dorm room, on a late night train,
      in a city at night
    uses: a study stream, a vlog, homework, a podcast, a coffee shop, a rainy day,
      coding, a late night, rappers, a playlist
    calm: chill beats, study beats, chillout beat / studying, reading, relaxing, focus,
      a rainy evening, concentration, unwinding
    moderate: laid-back beat, mellow beat / working, cooking, driving at night
    energetic: bouncy hip hop beat / freestyling, skating, a road trip
    """,
    "string quartet": """
    genres: string quartet, chamber music, classical music, strings, classical strings,
      quartet music, chamber ensemble, classical piece, string ensemble
    qualities: classical, elegant, refined, bowed, acoustic, formal, noble, stately
    places: in a concert hall, in a salon, at a wedding, in a palace, in a church,
      at a garden party, in Vienna, in a ballroom, at a royal court
    uses: a wedding, a dinner party, a period drama, a gallery opening, a ceremony,
      a costume drama, an audiobook, classical music lovers
    calm: adagio for strings, lullaby for strings / a funeral, a candlelight dinner,
      a tender scene, reading
    moderate: minuet, serenade / a wedding reception, a banquet
    energetic: allegro for strings, scherzo / a chase through the opera,
      a grand entrance, a royal ball
    """,
    "solo piano": """
    genres: solo piano, piano music, piano solo, piano piece, solo piano piece,
      instrumental piano, neoclassical piano, piano composition, piano, piano recital,
      unaccompanied piano
    qualities: pianistic, acoustic, intimate, expressive, unaccompanied, classical
    places: at a piano, in a living room, in a recital hall, in a hotel lobby,
      in an empty room, in a practice room, in Paris, in a music school
    uses: a recital, a film scene, a piano bar, a ballet class, a wedding, a slideshow,
      a hotel lobby, pianists
    calm: piano ballad, nocturne, soft piano / studying, reading, sleeping, focus,
      a sad scene, relaxation, a rainy day, a love scene
    moderate: piano etude, piano tune / a morning coffee, a memory montage
    energetic: virtuoso piano, crazy fast professional piano player /
      a silent film chase, a competition
    """,
    "rock": """
    genres: rock, rock music, rock song, rock band, rock track, guitar music,
      alternative rock, indie rock, classic rock, electric guitar rock
    qualities: raw, gritty, guitar-driven, electric, amplified, rocking
    places: in a garage, on a stage, in a stadium, at a rock festival, on a highway,
      in a dive bar, at a live concert, in a rehearsal room
    uses: a road trip, a car commercial, a skate video, a motorcycle ride, a teen movie,
      a concert, a highway drive, a jam session
    calm: soft rock, rock ballad, slow rock / a slow dance, holding up lighters
    moderate: mid-tempo rock, blues rock, pop rock / driving, a bar, a barbecue
    energetic: hard rock, heavy metal, punk rock, metal, stadium rock, garage rock /
      a workout, a football game, headbanging, a mosh pit, extreme sports,
      time to give 100%
    """,
    "techno": """
    genres: techno, electronic dance music, EDM, dance music, house music, club music,
      electronic music, melodic techno, rave music, techno track, house, trance
    qualities: electronic, pulsing, hypnotic, synthetic, mechanical, industrial,
      danceable
    places: in a club, in Berlin, in a warehouse, on a dance floor, at a rave,
      in a nightclub, at a festival, in an underground club, in Detroit, in Ibiza
    uses: a club, a dance floor, a DJ set, a fashion show, a light show, a night out,
      clubbing, a festival, dancing
    calm: minimal techno, deep house, chill techno / an after party, a lounge,
      late night coding
    moderate: tech house, progressive house / a warm-up set, a boutique
    energetic: hard techno, peak-time techno, rave anthem, big room house / a rave,
      running, a workout, a gym, cardio, partying, a drop
    """,
    "folk guitar": """
    genres: folk music, acoustic folk, folk song, folk guitar, acoustic guitar music,
      country music, singer-songwriter music, Americana, acoustic music, folk tune,
      fingerstyle guitar, bluegrass, indie folk
    qualities: acoustic, rustic, earthy, homespun, organic, woody, rural, traditional
    places: by a campfire, on a porch, on a farm, in the mountains, in a meadow,
      in the countryside, by a river, on a dirt road, in the woods, in a tavern
    uses: a campfire, a hiking trip, a travel video, a western, a farmers market,
      a camping trip, a nature walk, a family video, a picnic
    calm: acoustic ballad, fingerpicked guitar / a sunset, reading, a quiet evening,
      a lullaby, relaxing by the fire
    moderate: country song, strummed folk tune / a road trip, a morning walk
    energetic: hoedown, foot-stomping folk, country dance / a barn dance,
      a square dance, a pub, clapping along
    """,
    "jazz trio": """
    genres: jazz, jazz trio, jazz music, jazz combo, small jazz band, swing, bebop,
      straight-ahead jazz, jazz standard, jazz song, swing jazz, jazz ensemble
    qualities: jazzy, swinging, sophisticated, smoky, improvised, swung, cool, acoustic
    places: in a jazz club, in a smoky bar, in New Orleans, in New York, in a speakeasy,
      in a lounge, in a hotel bar, in a basement club, at a cocktail party
    uses: a cocktail party, a jazz club, a film noir, a wine bar, a dinner party,
      a detective story, a hotel lobby, a fancy restaurant, a bar
    calm: relaxing jazz, smooth jazz, jazz ballad, cool jazz, late night jazz /
      a candlelit dinner, a nightcap, relaxing, a quiet lounge, studying
    moderate: lounge jazz, cocktail jazz / a dinner, a Sunday brunch, a cafe
    energetic: up-tempo bebop, hard bop, hot jazz / swing dancing, a jam session,
      a caper, a busy city scene
    """,
    "film score": """
    genres: film score, orchestral music, movie soundtrack, film music, cinematic music,
      orchestral soundtrack, soundtrack, symphonic music, symphony orchestra, orchestra,
      cinematic score, trailer music, classical orchestra
    qualities: cinematic, orchestral, sweeping, symphonic, grand, majestic, lush, epic
    places: in a movie theater, on a battlefield, in a castle, on a mountain top,
      in a fantasy world, in Hollywood, in a forest, on the open sea, in a galaxy
    uses: a movie, a film, a trailer, a fantasy game, an adventure film, a documentary,
      a drama, a historical epic, opening credits, a story
    calm: emotional film score, romantic film music / a love scene, an emotional ending,
      a farewell scene, a sunrise
    moderate: adventure theme, drama soundtrack / a journey, a montage, an overture
    energetic: epic soundtrack, action soundtrack, battle music, epic movie soundtrack,
      heroic soundtrack / a battle scene, an action movie, a superhero, a car chase,
      a movie trailer, a war scene, escaping prison
    """,
    "reggae": """
    genres: reggae, reggae music, reggae song, roots reggae, Jamaican music, dub,
      reggae track, island music, ska, Caribbean music
    qualities: laid-back, tropical, sunny, off-beat, skanking, bass-heavy, Caribbean
    places: on a beach, in Jamaica, in the Caribbean, in Kingston, at a beach bar,
      on an island, under palm trees, in a hammock, by the ocean
    uses: a beach, a summer day, a vacation, a beach bar, a surf video, a barbecue,
      a pool party, a holiday, a cruise
    calm: mellow reggae, lovers rock, slow reggae / lying in the sun, a hammock,
      chilling, relaxing at the beach
    moderate: rocksteady, roots groove / a boat trip, a picnic, swaying
    energetic: ska tune, dancehall, reggaeton / a beach party, dancing, a carnival
    """,
    "synthwave": """
    genres: synthwave, retrowave, 80s synth music, outrun, synth pop, 80s music,
      eighties electronic music, new wave, vaporwave, electro, 80s soundtrack, darkwave,
      electropop
    qualities: neon, retro, 80s, nostalgic, synthetic, futuristic, glossy, analog,
      eighties
    places: in Miami, on a neon-lit highway, in a cyberpunk city, in the 80s,
      in a night city, in a sports car, in a club in the 80s, in the future, at a mall
    uses: a night drive, an 80s movie, a cyberpunk game, a science fiction film,
      a retro video, a neon city, a vintage sports car, a time machine
    calm: chillwave, dreamwave / a sunset drive, a quiet night in the city
    moderate: retro synth pop / cruising, driving at night, a highway
    energetic: outrun anthem, electro pop / a car race, a training montage, a workout,
      an 80s dance party, a chase
    """,
    "music box lullaby": """
    genres: music box, lullaby, music box lullaby, music box melody, nursery rhyme,
      children's music, cradle song, baby music, toy music, kids music, bedtime music
    qualities: tinkling, twinkling, delicate, innocent, childlike, tiny, chiming,
      fragile
    places: in a nursery, in a dollhouse, in a toy shop, in a crib, in a fairy tale,
      at a carousel, in a snow globe, in an old attic
    uses: a baby, babies, children, a nursery, a bedtime story, a fairy tale,
      a toy commercial, a snow scene, kids, a Christmas scene
    calm: gentle lullaby, soothing cradle song / bedtime, sleep, a sleeping baby,
      falling asleep, sweet dreams, calming a baby
    moderate: toy waltz, nursery tune / playtime, a puppet show
    energetic: wind-up toy tune / a carousel, a toy parade, a birthday
    """,
    "brass march": """
    genres: march, marching band, brass band, military march, brass march, parade music,
      marching music, brass music, fanfare, ceremonial music, wind band, brass ensemble
    qualities: marching, ceremonial, military, proud, patriotic, pompous, brassy,
      martial
    places: at a parade, on a parade ground, at a football game, in a town square,
      at a royal ceremony, in an army camp, at the circus, in a stadium
    uses: a parade, a military ceremony, a national holiday, a graduation, a coronation,
      soldiers, a sports event, an opening ceremony
    calm: solemn march, funeral march, hymn / a memorial, a solemn ceremony,
      lowering the flag
    moderate: processional, grand march / a procession, a changing of the guard
    energetic: victory march, circus march, quick march, triumphal march / a circus,
      a victory, a halftime show, fireworks, a charge
    """,
    "bossa nova": """
    genres: bossa nova, Brazilian music, Latin jazz, samba, bossa, Latin music,
      Brazilian jazz, bossa nova song, latin lounge, easy listening
    qualities: Latin, Brazilian, breezy, suave, syncopated, sensual, silky, tropical
    places: in Rio de Janeiro, on Copacabana beach, in a cafe, in Brazil,
      in an elevator, in a cocktail bar, on a terrace, by the pool, at a hotel
    uses: a cafe, a summer evening, a cocktail bar, an elevator, a restaurant,
      a cooking show, a hotel lobby, shopping, a seaside terrace
    calm: soft bossa nova, relaxing bossa nova, lounge music / a quiet dinner, relaxing,
      a lazy afternoon, a sunset, romance
    moderate: cafe music, elevator music / brunch, a stroll on the beach
    energetic: samba groove, carnival samba / dancing, a carnival, a street party
    """,
    "funk": """
    genres: funk, funk music, funky groove, disco, soul, 70s funk, funk band,
      groove music, R&B, funk track, soul music, rhythm and blues
    qualities: funky, groovy, syncopated, slick, danceable, punchy, soulful, tight
    places: on a dance floor, in a disco, at a block party, on the street, in the 70s,
      at a roller rink, in a soul club, in Motown, on a TV show
    uses: a dance party, a 70s movie, a TV show, a roller disco, a fashion ad,
      a heist movie, a cop show, grooving, a house party, b-boys
    calm: slow jam, neo soul, mellow funk / a lounge, a romantic night, chilling
    moderate: mid-tempo groove, soul groove / strutting, a barbecue, cooking
    energetic: disco funk, party funk, uptempo disco / dancing, a party, a workout,
      a dance battle, a chase scene
    """,
}

STYLE_WORDS = {style: _parse(text) for style, text in _TEXTS.items()}
"""Style -> its words."""
