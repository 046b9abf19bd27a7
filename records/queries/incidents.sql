-- The newest alarm of the watch for each session, as far as it is not resolved or its patient is still monitored.
SELECT newest.incident
FROM (
    SELECT DISTINCT ON (escalation.course_id, escalation.session)
        escalation.course_id, escalation.session, escalation.state, watched.incident
    FROM escalations AS escalation
    JOIN watch_incidents AS watched ON watched.escalation_id = escalation.id
    WHERE escalation.kind = 'orchestrator_silent'
    ORDER BY escalation.course_id, escalation.session, escalation.opened_at DESC
) AS newest
LEFT JOIN courses AS course ON course.course_id = newest.course_id
WHERE newest.state <> 'resolved' OR course.monitored_session = newest.session
