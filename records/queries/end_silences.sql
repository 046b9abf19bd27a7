-- Of those with a dosed patient, or ($1 false) of all else: the courses that are not among $2 are not silent any more.
DELETE FROM watch_silences
WHERE (session <> 0) = $1 AND course_id <> ALL($2::text[])
