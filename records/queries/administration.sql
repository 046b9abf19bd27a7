-- The acts of administration, newest first: from $2 (included) until $3 (excluded).
SELECT number, at, what, about, token_id, person, account, request_id
FROM administration
WHERE ($2::timestamptz IS NULL OR at >= $2) AND ($3::timestamptz IS NULL OR at < $3)
ORDER BY number DESC
LIMIT $1
