-- Keeps an alarm of the watch as it stands now.
UPDATE watch_incidents
SET incident = $2
WHERE escalation_id = $1
