"""What people call bands' music, where they hear it and what it is for."""

TEXTS = {
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
"""Style -> its words, as `style_words` reads them."""
