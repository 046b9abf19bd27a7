-- Updates a watchdog alarm.
UPDATE watch_incidents
SET incident = $2
WHERE escalation_id = $1
