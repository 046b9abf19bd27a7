"""`kapstan demo`: whole courses through the real system, in compressed time."""
