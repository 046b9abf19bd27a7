-- The newest entry of each course: how far its ledger reaches, and under what hash.
SELECT DISTINCT ON (course_id) course_id, sequence, hash
FROM ledger
ORDER BY course_id, sequence DESC
