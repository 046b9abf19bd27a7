"""The clinic's door: the HTTP API and the pages, with no way to a course but through Temporal."""
