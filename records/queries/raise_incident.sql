-- Keeps a new alarm of the watch.
INSERT INTO watch_incidents (escalation_id, incident)
VALUES ($1, $2)
