-- Stores a silent course; as long as the finding stays the same, so does its beginning.
INSERT INTO watch_silences (course_id, session, found, escalation, since)
VALUES ($1, COALESCE($2, 0), $3, $4, $5)
ON CONFLICT (course_id, session) DO UPDATE SET
    found = EXCLUDED.found,
    escalation = EXCLUDED.escalation,
    since = EXCLUDED.since
WHERE (watch_silences.found, watch_silences.escalation) IS DISTINCT FROM (EXCLUDED.found, EXCLUDED.escalation)
