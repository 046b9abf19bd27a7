"""Pages about the clinic as a whole: its figures and its protocols."""
