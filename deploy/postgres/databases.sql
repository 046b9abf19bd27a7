-- The roles and databases of Temporal and Kapstan, with the passwords of the environment; safe to run at every start.
-- For psql: passwords come by \getenv, so that they are on no command line.

\getenv temporal_password POSTGRES_PASSWORD_TEMPORAL
\getenv kapstan_password POSTGRES_PASSWORD_KAPSTAN
\getenv worker_password POSTGRES_PASSWORD_KAPSTAN_WORKER
\getenv console_password POSTGRES_PASSWORD_KAPSTAN_CONSOLE

-- kapstan owns its database and migrates it, which grants the other two what workers and consoles need.
SELECT format('CREATE ROLE %I LOGIN', role)
FROM unnest(ARRAY['temporal', 'kapstan', 'kapstan_worker', 'kapstan_console']) AS wanted (role)
WHERE role NOT IN (SELECT rolname FROM pg_roles)
\gexec

ALTER ROLE temporal PASSWORD :'temporal_password';
ALTER ROLE kapstan PASSWORD :'kapstan_password';
ALTER ROLE kapstan_worker PASSWORD :'worker_password';
ALTER ROLE kapstan_console PASSWORD :'console_password';

SELECT format('CREATE DATABASE %I OWNER %I', database, owner)
FROM (VALUES ('temporal', 'temporal'), ('temporal_visibility', 'temporal'), ('kapstan', 'kapstan'))
    AS wanted (database, owner)
WHERE database NOT IN (SELECT datname FROM pg_database)
\gexec

-- Neither reads what is the other's.
REVOKE ALL ON DATABASE temporal, temporal_visibility, kapstan FROM PUBLIC;
GRANT CONNECT ON DATABASE kapstan TO kapstan_worker, kapstan_console;
