-- Each instrument's outcomes in the courses of a site that started in a period, added up; those that are encrypted apart.
SELECT
    instrument,
    count(*)::integer AS courses,
    sum(baseline) AS baseline,
    sum(latest - baseline) AS change,
    count(is_response)::integer AS response_known,
    count(*) FILTER (WHERE is_response)::integer AS responded,
    count(is_remission)::integer AS remission_known,
    count(*) FILTER (WHERE is_remission)::integer AS remitted
FROM course_measures
JOIN courses USING (course_id)
WHERE ($1::text IS NULL OR site = $1)
    AND ($2::timestamptz IS NULL OR started_at >= $2)
    AND ($3::timestamptz IS NULL OR started_at < $3)
    AND sealed IS NULL
    -- Listed by figures_left_out.sql: no mean can be computed from it.
    AND greatest(abs(baseline), abs(latest)) < 1e6
GROUP BY instrument
