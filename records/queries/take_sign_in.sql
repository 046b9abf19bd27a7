-- Ends a sign-in that is good for one use; whoever was first gets its row.
UPDATE sign_ins
SET ended_at = $2
WHERE id = $1 AND ended_at IS NULL
RETURNING id, token_id, screen, began_at, used_at, ended_at
