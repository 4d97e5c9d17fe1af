"""What people call music of one player, where they hear it and what it is for."""

TEXTS = {
    "solo passage": """
    genres: solo, solo piece, solo performance, unaccompanied piece, solo recording,
      instrumental solo, one-person performance, solo melody
    qualities: bare, exposed, unaccompanied, naked, intimate, expressive, plain, raw,
      close
    places: in an empty room, on an empty stage, in a stairwell, at home,
      in a practice room, on a street corner, in a subway station, in a quiet chapel,
      in the kitchen, at an audition
    uses: an audition, a music lesson, a practice session, a sample library,
      a talent show,
      an intermission, a demo, a lonely scene, a busker, a school concert
    calm: quiet solo, slow reflection / a moment of silence, an epilogue,
      a bedtime story,
      thinking about nothing
    moderate: solo tune, solo exercise / a stroll through the house, a how-to video,
      an opening scene
    energetic: virtuoso solo, showpiece / showing off, a street performance,
      an encore
    """,
    "drums alone": """
    genres: drum solo, drum beat, drum groove, drum track, drum loop, drum break,
      percussion track, drum pattern
    qualities: rhythmic, bare, percussive, beat-only, stripped-down, raw
    places: in a rehearsal room, in a drum booth, on a stage, in a garage,
      at a drum clinic, in a drum shop, in a basement
    uses: a beat maker, a drum lesson, a rapper, a sample pack, a practice session,
      an intro, jamming along, a drummer, a metronome
    calm: gentle drum groove, laid-back drum beat / a slow jam session, learning drums
    moderate: steady drum groove, straight drum beat / practising guitar,
      a backing track,
      a loop
    energetic: wild drum solo, driving drum beat / a chase, a drum battle, a stadium,
      a warm-up
    """,
}
"""Style -> its words, as `style_words` reads them."""
