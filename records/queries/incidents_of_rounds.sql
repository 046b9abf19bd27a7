-- The watchdog alarms about no dosed patient: unresolved ones, those resolved after $1, and all of the courses $2.
SELECT watched.escalation_id, watched.incident
FROM escalations AS escalation
JOIN watch_incidents AS watched ON watched.escalation_id = escalation.id
WHERE escalation.kind = 'orchestrator_silent'
    AND escalation.session IS NULL
    AND (escalation.state <> 'resolved' OR escalation.resolved_at > $1 OR escalation.course_id = ANY($2::text[]))
