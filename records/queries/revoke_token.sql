-- Revokes a token and returns its id; a token that is revoked already keeps its time.
UPDATE tokens
SET revoked_at = coalesce(revoked_at, $2)
WHERE id = $1
RETURNING id
