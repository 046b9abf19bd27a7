-- By when the course that should move first must move by itself, of dosed patients and of all others.
SELECT monitored_session IS NOT NULL AS is_dosed, min(next_passes_at) AS moves_at
FROM courses
WHERE next_passes_at >= '0002-01-01T00:00Z' AND next_passes_at < '9999-01-01T00:00Z'
GROUP BY is_dosed
