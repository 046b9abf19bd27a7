-- Stores a new token.
INSERT INTO tokens (id, name, role, site, salt, hash, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
