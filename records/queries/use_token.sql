-- Records when a token was last used.
UPDATE tokens
SET last_used_at = greatest(last_used_at, $2)
WHERE id = $1
