-- One escalation, locked until this transaction ends.
SELECT id
FROM escalations
WHERE id = $1
FOR UPDATE
