-- How many courses nobody watches over, by what was found of them.
SELECT found, count(DISTINCT course_id) AS courses
FROM watch_silences
GROUP BY found
