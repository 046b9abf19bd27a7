"""The clinical rules, one module per topic: preconditions, blockers and effects of the clinic events."""
