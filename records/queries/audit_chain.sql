-- Recomputes the next rows of a chain of the audit ($1) after row $2, $4 of them at most; $3 is the hash of row $2.
-- Returns each that does not follow the row before it or does not match its own hash, and the last one in any case.
WITH next AS (
    SELECT
        sequence, previous_hash, hash,
        encode(sha256(convert_to(jsonb_strip_nulls(content)::text, 'UTF8')), 'hex') AS digest
    FROM (
        SELECT 'course_reads' AS chain, sequence, previous_hash, hash, to_jsonb(one) - 'hash' AS content
        FROM course_reads AS one
        UNION ALL
        SELECT 'administration', sequence, previous_hash, hash, to_jsonb(one) - 'hash'
        FROM administration AS one
        UNION ALL
        SELECT 'failed_sign_ins', sequence, previous_hash, hash, to_jsonb(one) - 'hash'
        FROM failed_sign_ins AS one
        UNION ALL
        SELECT 'sign_ins', sequence, previous_hash, hash, to_jsonb(one) - '{hash,used_at,ended_at}'::text[]
        FROM sign_ins AS one
    ) AS every
    WHERE chain = $1 AND sequence > $2
    ORDER BY sequence
    LIMIT $4
),
beside AS (
    SELECT
        sequence, hash,
        greatest(lag(sequence, 1, $2::bigint) OVER in_order, 0) AS sequence_before,
        previous_hash IS NOT DISTINCT FROM lag(hash, 1, $3::text) OVER in_order AS follows,
        hash IS NOT DISTINCT FROM digest AS is_unchanged,
        lead(sequence) OVER in_order IS NULL AS is_last
    FROM next
    WINDOW in_order AS (ORDER BY sequence)
)
SELECT sequence, hash, sequence_before, follows, is_unchanged, is_last
FROM beside
WHERE sequence <> sequence_before + 1 OR NOT follows OR NOT is_unchanged OR is_last
ORDER BY sequence
