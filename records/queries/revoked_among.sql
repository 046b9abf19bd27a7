-- Which of these tokens hold no more: they are revoked, or have expired.
SELECT id
FROM tokens
WHERE id = ANY($1::text[]) AND (revoked_at IS NOT NULL OR expires_at <= now())
