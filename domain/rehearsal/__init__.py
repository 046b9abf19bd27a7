"""Rehearsal: a script of clinic events and people's acts, played on the rules and ladders without servers."""
