"""Timbres, one function each: a pressed key in, the sound of the held note out."""
