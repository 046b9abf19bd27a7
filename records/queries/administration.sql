-- The acts of administration, newest first.
SELECT number, at, what, about, token_id, person, account, request_id
FROM administration
ORDER BY number DESC
LIMIT $1
