"""The course aggregate: its state, and the rules that decide which clinic events it accepts."""
