-- The tokens that are not as the newest act of administration about each left them: changed, made or deleted by hand.
WITH told AS (
    SELECT DISTINCT ON (about_token) about_token AS id, about_token_hash AS hash
    FROM administration
    WHERE about_token IS NOT NULL
    ORDER BY about_token, sequence DESC
),
kept AS (
    SELECT
        id,
        encode(sha256(convert_to(jsonb_strip_nulls(to_jsonb(tokens) - 'last_used_at')::text, 'UTF8')), 'hex') AS hash
    FROM tokens
)
SELECT id, kept.id IS NOT NULL AS is_kept, told.id IS NOT NULL AS is_told
FROM told FULL JOIN kept USING (id)
WHERE told.hash IS DISTINCT FROM kept.hash
ORDER BY id
