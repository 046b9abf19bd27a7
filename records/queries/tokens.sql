-- Every token ever created, oldest first.
SELECT id, name, role, site, salt, hash, created_at, last_used_at, revoked_at
FROM tokens
ORDER BY created_at, id
