-- How many courses are in each phase.
SELECT phase, count(*) AS courses
FROM courses
GROUP BY phase
