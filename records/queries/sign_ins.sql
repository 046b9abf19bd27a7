-- Sign-ins of these ids, ended or not.
SELECT id, token_id, screen, began_at, used_at, ended_at
FROM sign_ins
WHERE id = ANY($1::text[])
