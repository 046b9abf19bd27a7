-- The time of the watchdog's last tick, and how many of its alarms are not resolved.
SELECT
    (SELECT looked_at FROM watch_looks) AS looked_at,
    (SELECT count(*) FROM escalations WHERE kind = 'orchestrator_silent' AND state <> 'resolved') AS alarms
