-- The encrypted outcomes in the courses of a site that started in a period.
SELECT course_id, instrument, sealed
FROM course_measures
JOIN courses USING (course_id)
WHERE sealed IS NOT NULL
    AND ($1::text IS NULL OR site = $1)
    AND ($2::timestamptz IS NULL OR started_at >= $2)
    AND ($3::timestamptz IS NULL OR started_at < $3)
