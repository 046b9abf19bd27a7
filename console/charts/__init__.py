"""Charts, drawn on the server: each answers one question, says the answer, and is a table too."""
