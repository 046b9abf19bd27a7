-- The kinds of acts of administration on one escalation.
SELECT DISTINCT what
FROM administration
WHERE starts_with(about, $1 || ', by ')
