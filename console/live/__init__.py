"""Changes as they happen, told to everybody who listens."""
