"""`kapstan demo`: whole courses on the real system, in compressed time."""
