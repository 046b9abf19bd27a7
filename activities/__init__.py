"""The Temporal activities: paging people, and writing to the record store."""
