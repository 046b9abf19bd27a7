-- Whether the course was kept with this entry as the last of its ledger, and has not gone on since.
SELECT EXISTS (
    SELECT FROM ended_courses AS ended
    WHERE course_id = $1 AND sequence = $2 AND ledger_head = $3
        AND NOT EXISTS (
            SELECT FROM ledger WHERE ledger.course_id = ended.course_id AND ledger.sequence > ended.sequence
        )
)
