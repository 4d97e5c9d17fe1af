"""What people call chamber and street music, where they hear it and what it is for."""

TEXTS = {
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
}
"""Style -> its words, as `style_words` reads them."""
