-- The head with which the course was kept, if it has not gone on since.
SELECT course_id, sequence, ledger_head AS kept_head
FROM ended_courses AS ended
WHERE course_id = $1
    AND NOT EXISTS (
        SELECT FROM ledger WHERE ledger.course_id = ended.course_id AND ledger.sequence > ended.sequence
    )
