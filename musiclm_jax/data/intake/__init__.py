"""From a source of recordings to clips: list, measure, judge, cut, write."""
