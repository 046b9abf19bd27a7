-- The courses $1 and their escalations $2 that Temporal reports as stuck, each with its session; $4 is the time. Those
-- reported as ended ($3) only if something depends on them: the course is open, or closed with something due (a dosed
-- patient, a call that is owed); the escalation is not resolved.
SELECT
    suspect.course_id,
    CASE WHEN escalation.severity IS DISTINCT FROM 'routine' THEN course.monitored_session END AS session,
    $4::timestamptz AS moves_at,
    suspect.escalation,
    escalation.severity AS policy
FROM unnest($1::text[], $2::text[], $3::boolean[]) AS suspect (course_id, escalation, is_ended)
LEFT JOIN courses AS course ON course.course_id = suspect.course_id
LEFT JOIN escalations AS escalation ON escalation.id = suspect.escalation
WHERE NOT suspect.is_ended
    OR (suspect.escalation IS NULL AND (course.phase <> 'closed' OR course.next_passes_at IS NOT NULL))
    OR escalation.state <> 'resolved'
