"""`kapstan demo --serve`: a floor in real time."""
