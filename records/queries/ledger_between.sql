-- The entries $2 to $3 of one course, in order.
SELECT
    course_id, sequence, recorded_at, "time", type, event_id, source, actor_id, actor_role, late, data, previous_hash, hash,
    request_id, sent_by
FROM ledger
WHERE course_id = $1 AND sequence BETWEEN $2 AND $3
ORDER BY sequence
