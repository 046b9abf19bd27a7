-- The head of one course's ledger: its newest entry's sequence and hash.
SELECT sequence, hash
FROM ledger
WHERE course_id = $1
ORDER BY sequence DESC
LIMIT 1
