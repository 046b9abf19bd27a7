"""What the clinic's protocol says, and nothing else: pure rules over frozen facts."""
