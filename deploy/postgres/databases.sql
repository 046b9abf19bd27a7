-- The roles and databases of Temporal and Kapstan, with the passwords of the environment; safe to run at every start.
-- For psql: passwords come by \getenv, so that they are on no command line.

\getenv temporal_password POSTGRES_PASSWORD_TEMPORAL
\getenv kapstan_password POSTGRES_PASSWORD_KAPSTAN

SELECT format('CREATE ROLE %I LOGIN', role)
FROM unnest(ARRAY['temporal', 'kapstan']) AS wanted (role)
WHERE role NOT IN (SELECT rolname FROM pg_roles)
\gexec

ALTER ROLE temporal PASSWORD :'temporal_password';
ALTER ROLE kapstan PASSWORD :'kapstan_password';

SELECT format('CREATE DATABASE %I OWNER %I', database, owner)
FROM (VALUES ('temporal', 'temporal'), ('temporal_visibility', 'temporal'), ('kapstan', 'kapstan'))
    AS wanted (database, owner)
WHERE database NOT IN (SELECT datname FROM pg_database)
\gexec

-- Neither reads what is the other's.
REVOKE ALL ON DATABASE temporal, temporal_visibility, kapstan FROM PUBLIC;
