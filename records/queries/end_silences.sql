-- Deletes the silences of courses that are not among $2: those of dosed patients, or with $1 false all others.
DELETE FROM watch_silences
WHERE (session <> 0) = $1 AND course_id <> ALL($2::text[])
