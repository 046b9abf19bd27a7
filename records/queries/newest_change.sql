-- The highest number that any change has so far, its session's counted; 0 where nothing was ever recorded.
SELECT 2 * greatest(
    (SELECT max(change) FROM courses WHERE change <= (SELECT last_value FROM changes)),
    (SELECT max(change) FROM escalations WHERE change <= (SELECT last_value FROM changes)),
    0
) + 1
