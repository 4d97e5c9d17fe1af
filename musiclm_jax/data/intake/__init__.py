"""From a pile of recordings to clips: list, measure, judge, cut, write."""
