-- The unresolved escalations with every page they sent: most severe first, then unanswered, then oldest.
SELECT *
FROM escalation_views AS escalations
WHERE state <> 'resolved'
    AND (
        $1::text IS NULL
        OR EXISTS (SELECT FROM courses WHERE courses.course_id = escalations.course_id AND courses.site = $1)
    )
ORDER BY severity DESC, state = 'open' DESC, opened_at, id
LIMIT $2
