-- The newest entry of one course.
SELECT
    course_id, sequence, recorded_at, "time", type, event_id, source, actor_id, actor_role, late, data, previous_hash, hash,
    request_id, sent_by
FROM ledger
WHERE course_id = $1
ORDER BY sequence DESC
LIMIT 1
