-- Ends a token for good, and answers its id; one that has ended stays as it ended.
UPDATE tokens
SET revoked_at = coalesce(revoked_at, $2)
WHERE id = $1
RETURNING id
