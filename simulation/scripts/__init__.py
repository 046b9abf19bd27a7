"""The scripts that simulated patients follow, each with the ending it must reach."""
