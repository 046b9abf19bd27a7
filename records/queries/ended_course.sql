-- The course as its workflow left it, if its ledger ends there: with an entry more it has gone on since.
SELECT course_id, sequence, ledger_head AS kept_head, content
FROM ended_courses AS ended
WHERE course_id = $1
    AND NOT EXISTS (
        SELECT FROM ledger WHERE ledger.course_id = ended.course_id AND ledger.sequence > ended.sequence
    )
