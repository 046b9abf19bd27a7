-- Appends one entry. The same entry again changes nothing; another one under its sequence, or one that does not follow
-- the entry before it, breaks a constraint.
INSERT INTO ledger (
    course_id, sequence, recorded_at, "time", type, event_id, source, actor_id, actor_role, late, data, previous_hash, hash,
    request_id, sent_by
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (course_id, sequence, hash) DO NOTHING
