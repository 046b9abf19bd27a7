-- Who read what, in a chain. By itself: where much was read it takes a while, in which no sign-in may wait.

SELECT begin_chain('course_reads', 'at', '{hash}');
DROP FUNCTION begin_chain;
