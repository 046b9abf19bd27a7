"""Checks what a caller may see and do, then reads or acts: shared by the API and the pages."""
