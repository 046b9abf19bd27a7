-- Each instrument's outcomes in the courses of a site that started in a period. avg ignores what is not defined.
SELECT
    instrument,
    count(*)::integer AS courses,
    avg(baseline) AS mean_baseline,
    avg(latest - baseline) AS mean_change,
    avg(is_response::integer)::double precision AS response_share,
    avg(is_remission::integer)::double precision AS remission_share
FROM course_measures
JOIN courses USING (course_id)
WHERE ($1::text IS NULL OR site = $1)
    AND ($2::timestamptz IS NULL OR started_at >= $2)
    AND ($3::timestamptz IS NULL OR started_at < $3)
    -- Listed by figures_left_out.sql: no mean can be computed from it.
    AND greatest(abs(baseline), abs(latest)) < 1e6
GROUP BY instrument
ORDER BY instrument
