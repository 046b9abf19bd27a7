-- The silent courses, of site $1 or of every site, of course $2 or of each; those of a dosed patient first, then the
-- longest silent. At most $3.
SELECT silence.course_id, NULLIF(silence.session, 0) AS session, silence.found, silence.escalation AS of, silence.since
FROM watch_silences AS silence
LEFT JOIN courses AS course ON course.course_id = silence.course_id
WHERE ($1::text IS NULL OR course.site = $1) AND ($2::text IS NULL OR silence.course_id = $2)
ORDER BY silence.session = 0, silence.since, silence.course_id
LIMIT $3
