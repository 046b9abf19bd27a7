-- The watchdog's account of every alarm about one course, locked until this transaction ends.
SELECT watched.escalation_id, watched.incident
FROM escalations
JOIN watch_incidents AS watched ON watched.escalation_id = escalations.id
WHERE escalations.course_id = $1
ORDER BY watched.escalation_id
FOR UPDATE
