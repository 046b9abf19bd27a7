-- The newest row of a chain of the audit, as whatever appended it said.
SELECT sequence, hash
FROM audit_heads
WHERE chain = $1
