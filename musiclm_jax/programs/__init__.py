"""What a compiled program needs of its chips: memory, arithmetic, collectives."""
