-- One watchdog alarm, locked until this transaction ends.
SELECT escalation_id, incident
FROM watch_incidents
WHERE escalation_id = $1
FOR UPDATE
