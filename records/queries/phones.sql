-- Phones that were enrolled by this token and have not been taken off, oldest first.
SELECT id, token_id, screen, began_at, used_at, ended_at
FROM sign_ins
WHERE token_id = $1 AND screen = 'phone' AND ended_at IS NULL
ORDER BY began_at, id
