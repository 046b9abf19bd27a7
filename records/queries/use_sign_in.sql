-- Records when a sign-in was last used.
UPDATE sign_ins
SET used_at = greatest(used_at, $2)
WHERE id = $1
