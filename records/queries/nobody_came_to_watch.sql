-- Whether no process is there that does nothing else but watch. It takes no lock, so that nobody seems to be there for it.
SELECT NOT EXISTS (
    SELECT 1
    FROM pg_locks
    CROSS JOIN hashtextextended('kapstan.watch.own', 0) AS key
    WHERE
        locktype = 'advisory'
        AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid, objid, objsubid) = (((key >> 32) & 4294967295)::oid, (key & 4294967295)::oid, 1)
)
