-- Records that somebody signed out.
UPDATE sign_ins
SET ended_at = coalesce(ended_at, $2)
WHERE id = $1
