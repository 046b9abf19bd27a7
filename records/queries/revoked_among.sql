-- Which of these tokens open nothing any more.
SELECT id
FROM tokens
WHERE id = ANY($1::text[]) AND revoked_at IS NOT NULL
