-- The keys of these courses ($1): wrapped, or when they were erased.
SELECT course_id, key_id, wrapped, erased_at, ended_with, ended_hash
FROM course_keys
WHERE course_id = ANY($1::text[])
