-- One token, revoked or not.
SELECT
    id, name, string_to_array(role, ',') AS roles, site, salt, hash, created_at, last_used_at, revoked_at, speaks_as, person,
    expires_at
FROM tokens
WHERE id = $1
