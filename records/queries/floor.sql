-- Counts of unresolved escalations, and how many patients are here.
SELECT
    (
        SELECT json_build_object(
            'unresolved', count(*),
            'unanswered', count(*) FILTER (WHERE state = 'open'),
            'worst', max(severity)
        )
        FROM escalations
        WHERE state <> 'resolved'
            AND (
                $1::text IS NULL
                OR EXISTS (SELECT FROM courses WHERE courses.course_id = escalations.course_id AND courses.site = $1)
            )
    ) AS escalations,
    (
        SELECT count(*)
        FROM courses
        WHERE ((stage IN ('checked_in', 'cleared', 'dosed', 'recovering') AND phase <> 'closed') OR dosed_at IS NOT NULL)
            AND ($1::text IS NULL OR site = $1)
    ) AS under_way
