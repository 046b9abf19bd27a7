-- Records an act of administration on a token ($8), with the hash of the token's row after it.
INSERT INTO administration (at, what, about, token_id, person, account, request_id, about_token, about_token_hash)
SELECT
    $1, $2, $3, $4, $5, $6, $7, id,
    encode(sha256(convert_to(jsonb_strip_nulls(to_jsonb(tokens) - 'last_used_at')::text, 'UTF8')), 'hex')
FROM tokens
WHERE id = $8
