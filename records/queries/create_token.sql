-- Stores a new token.
INSERT INTO tokens (id, name, role, site, salt, hash, created_at, speaks_as, person, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
