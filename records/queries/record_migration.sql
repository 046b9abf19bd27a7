-- Remembers that a migration was applied, and with what text.
INSERT INTO schema_migrations (version, name, checksum)
VALUES ($1, $2, $3)
