-- The sign-ins that failed, newest first: from $2 (included) until $3 (excluded).
SELECT number, at, token_id, address, request_id
FROM failed_sign_ins
WHERE ($2::timestamptz IS NULL OR at >= $2) AND ($3::timestamptz IS NULL OR at < $3)
ORDER BY number DESC
LIMIT $1
