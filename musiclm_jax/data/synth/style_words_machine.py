"""What people call machines' music, where they hear it and what it is for."""

TEXTS = {
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
}
"""Style -> its words, as `style_words` reads them."""
