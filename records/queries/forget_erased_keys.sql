-- Writes the table of keys anew, without what was erased in it. In no transaction.
VACUUM (FULL) course_keys
