"""How everything outside a workflow speaks to one: one client, one way to report, one way to ask."""
