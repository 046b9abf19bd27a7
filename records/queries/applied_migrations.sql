-- The migrations this database has had, oldest first.
SELECT version, name, checksum
FROM schema_migrations
ORDER BY version
