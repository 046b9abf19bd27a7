-- The highest number of any change, those of sessions included; 0 if nothing was ever recorded.
SELECT 2 * greatest(
    (SELECT max(change) FROM courses WHERE change <= (SELECT last_value FROM changes)),
    (SELECT max(change) FROM escalations WHERE change <= (SELECT last_value FROM changes)),
    0
) + 1
