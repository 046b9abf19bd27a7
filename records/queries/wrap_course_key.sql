-- Replaces what wraps a course's key: the key is the same.
UPDATE course_keys
SET key_id = $2, wrapped = $3
WHERE course_id = $1 AND erased_at IS NULL
