-- The newest verification of the whole record: when it was, and how many rows differed.
SELECT verified_at, differing
FROM verifications
ORDER BY verified_at DESC
LIMIT 1
