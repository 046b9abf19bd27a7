-- One watchdog alarm.
SELECT escalation_id, incident
FROM watch_incidents
WHERE escalation_id = $1
