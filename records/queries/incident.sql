-- One alarm of the watch.
SELECT incident
FROM watch_incidents
WHERE escalation_id = $1
