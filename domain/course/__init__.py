"""One course as it stands, and what may happen to it: the only authority over it."""
