-- The head of each course's ledger: its newest entry's sequence and hash.
SELECT DISTINCT ON (course_id) course_id, sequence, hash
FROM ledger
ORDER BY course_id, sequence DESC
