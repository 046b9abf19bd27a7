"""Charts drawn on the server as SVG. Each answers one question, with a sentence and a table that say the same."""
