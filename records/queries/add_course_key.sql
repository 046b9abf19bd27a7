-- Stores a course's key, wrapped; one that it has already stays.
INSERT INTO course_keys (course_id, key_id, wrapped)
VALUES ($1, $2, $3)
ON CONFLICT (course_id) DO NOTHING
