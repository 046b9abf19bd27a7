"""Builds `/openapi.json` from the routes, so that it describes what they do and nothing else."""
