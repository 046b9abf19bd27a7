-- The hash of row $2 of a chain of the audit ($1).
SELECT hash
FROM (
    SELECT 'course_reads' AS chain, sequence, hash FROM course_reads
    UNION ALL
    SELECT 'administration', sequence, hash FROM administration
    UNION ALL
    SELECT 'failed_sign_ins', sequence, hash FROM failed_sign_ins
    UNION ALL
    SELECT 'sign_ins', sequence, hash FROM sign_ins
) AS every
WHERE chain = $1 AND sequence = $2
