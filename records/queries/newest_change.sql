-- The highest number that any change has so far, its session's counted; 0 where nothing was ever recorded.
SELECT 2 * greatest((SELECT max(change) FROM courses), (SELECT max(change) FROM escalations), 0) + 1
