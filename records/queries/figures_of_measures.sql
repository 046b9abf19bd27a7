-- What each instrument came to in the courses of a site that started in a period. avg leaves out what is not defined.
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
    -- What figures_left_out.sql names: no mean comes of it.
    AND greatest(abs(baseline), abs(latest)) < 1e6
GROUP BY instrument
ORDER BY instrument
