-- The punctuality of checkpoints and integration talks in the courses of a site that started in a period.
SELECT
    coalesce(sum(sessions), 0)::bigint AS sessions,
    coalesce(sum(checkpoints_met), 0)::bigint AS checkpoints_met,
    coalesce(sum(checkpoints_late), 0)::bigint AS checkpoints_late,
    coalesce(sum(checkpoints_missed), 0)::bigint AS checkpoints_missed,
    coalesce(sum(integrations_in_time), 0)::bigint AS integrations_in_time,
    coalesce(sum(integrations_late), 0)::bigint AS integrations_late,
    coalesce(sum(integrations_owed), 0)::bigint AS integrations_owed
FROM course_figures
JOIN courses USING (course_id)
WHERE ($1::text IS NULL OR site = $1)
    AND ($2::timestamptz IS NULL OR started_at >= $2)
    AND ($3::timestamptz IS NULL OR started_at < $3)
    -- Listed by figures_left_out.sql: it has negative counts.
    AND least(
        sessions, checkpoints_met, checkpoints_late, checkpoints_missed, integrations_in_time, integrations_late,
        integrations_owed
    ) >= 0
