-- How many courses are silent, by the watchdog's finding.
SELECT found, count(DISTINCT course_id) AS courses
FROM watch_silences
GROUP BY found
