"""What `/openapi.json` says: read off the routes, so that it says what they do and nothing else."""
