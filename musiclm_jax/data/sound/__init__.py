"""Files of sound, opened, judged and written."""
