-- Remembers when a token was last shown.
UPDATE tokens
SET last_used_at = greatest(last_used_at, $2)
WHERE id = $1
