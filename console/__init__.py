"""The console: the HTTP service with the API and the pages. It reaches courses only through Temporal."""
