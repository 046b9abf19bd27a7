-- One token, revoked or not.
SELECT id, name, role, site, salt, hash, created_at, last_used_at, revoked_at
FROM tokens
WHERE id = $1
