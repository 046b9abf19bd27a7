-- The sign-ins that failed, newest first.
SELECT number, at, token_id, address, request_id
FROM failed_sign_ins
ORDER BY number DESC
LIMIT $1
