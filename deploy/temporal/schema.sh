#!/bin/sh
# Brings both of Temporal's databases to the schema of this version of its server; safe to run at every start.
set -eu

bring_up_to_date() {
    temporal-sql-tool --database "$1" setup-schema -v 0.0
    temporal-sql-tool --database "$1" update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$2/versioned"
}

bring_up_to_date temporal temporal
bring_up_to_date temporal_visibility visibility
