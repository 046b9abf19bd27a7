-- How long people took to acknowledge and resolve a site's escalations that were opened in a period, by severity.
SELECT
    severity,
    count(*)::integer AS escalations,
    count(first_acknowledged_at)::integer AS acknowledged,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY first_acknowledged_at - opened_at) AS acknowledged_median,
    percentile_disc(0.9) WITHIN GROUP (ORDER BY first_acknowledged_at - opened_at) AS acknowledged_p90,
    count(resolved_at)::integer AS resolved,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY resolved_at - opened_at) AS resolved_median,
    percentile_disc(0.9) WITHIN GROUP (ORDER BY resolved_at - opened_at) AS resolved_p90
FROM escalations
WHERE ($1::text IS NULL OR EXISTS (SELECT FROM courses WHERE courses.course_id = escalations.course_id AND site = $1))
    AND ($2::timestamptz IS NULL OR opened_at >= $2)
    AND ($3::timestamptz IS NULL OR opened_at < $3)
    -- Listed by figures_left_out.sql: no duration can be computed from it.
    AND least(opened_at, first_acknowledged_at, resolved_at) >= '0002-01-01T00:00Z'
    AND greatest(opened_at, first_acknowledged_at, resolved_at) < '9999-01-01T00:00Z'
GROUP BY severity
ORDER BY severity DESC
