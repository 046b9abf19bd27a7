-- How many courses of a site, started in a period, are in each phase and have each outcome.
SELECT phase, outcome, count(*)::integer AS courses
FROM courses
WHERE ($1::text IS NULL OR site = $1)
    AND ($2::timestamptz IS NULL OR started_at >= $2)
    AND ($3::timestamptz IS NULL OR started_at < $3)
GROUP BY phase, outcome
ORDER BY phase, outcome
