"""One course: where it is, what was measured, what is next, its story."""
