-- Every token ever created, oldest first.
SELECT
    id, name, string_to_array(role, ',') AS roles, site, salt, hash, created_at, last_used_at, revoked_at, speaks_as, person,
    expires_at
FROM tokens
ORDER BY created_at, id
