"""From a prompt to music: the stages over any length."""
