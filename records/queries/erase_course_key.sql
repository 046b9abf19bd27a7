-- Erases a course's key, for ever, and keeps when, and with which row and hash the course's ledger ended.
UPDATE course_keys
SET key_id = NULL, wrapped = NULL, erased_at = $2, ended_with = $3, ended_hash = $4
WHERE course_id = $1
