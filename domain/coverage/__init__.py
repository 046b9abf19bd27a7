"""Coverage: the longest time until a human is reached, proved of an on-call file for every moment of a period."""
