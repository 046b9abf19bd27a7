-- The alarms of the watch, of each session whose patient is still monitored or that has one which is not resolved.
SELECT watched.escalation_id, watched.incident
FROM escalations AS escalation
JOIN watch_incidents AS watched ON watched.escalation_id = escalation.id
LEFT JOIN courses AS course ON course.course_id = escalation.course_id
WHERE escalation.kind = 'orchestrator_silent'
    AND (escalation.state <> 'resolved' OR course.monitored_session = escalation.session)
