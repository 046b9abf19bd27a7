-- Records that a migration was applied, and the checksum of its text.
INSERT INTO schema_migrations (version, name, checksum)
VALUES ($1, $2, $3)
