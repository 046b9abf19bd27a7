"""A course as people see it on screens and in lists. No rule reads any of this."""
