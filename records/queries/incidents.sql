-- The watchdog alarms of sessions whose patient is still monitored, and all unresolved ones.
SELECT watched.escalation_id, watched.incident
FROM escalations AS escalation
JOIN watch_incidents AS watched ON watched.escalation_id = escalation.id
LEFT JOIN courses AS course ON course.course_id = escalation.course_id
WHERE escalation.kind = 'orchestrator_silent'
    AND (escalation.state <> 'resolved' OR course.monitored_session = escalation.session)
