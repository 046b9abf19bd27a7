-- Stores a new watchdog alarm.
INSERT INTO watch_incidents (escalation_id, incident)
VALUES ($1, $2)
