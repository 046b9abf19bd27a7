-- Which of these tokens are revoked.
SELECT id
FROM tokens
WHERE id = ANY($1::text[]) AND revoked_at IS NOT NULL
