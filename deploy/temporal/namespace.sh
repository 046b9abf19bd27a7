#!/bin/sh
# Makes sure that Temporal has Kapstan's namespace and knows by what courses are listed; safe to run at every start.
set -eu

# A namespace that is new takes some seconds to reach every part of the server.
patiently() {
    tries=1
    until "$@"; do
        [ "$tries" -lt 30 ] || return 1
        tries=$((tries + 1))
        sleep 2
    done
}

patiently temporal operator cluster health

temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION"

patiently temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION"

# The same as SEARCH_ATTRIBUTES in gateway/temporal.py; those that are there already stay as they are.
patiently temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
    --name KapPhase --type Keyword \
    --name KapSite --type Keyword \
    --name KapProtocol --type Keyword \
    --name KapAttention --type Keyword \
    --name KapSession --type Int \
    --name KapNextDue --type Datetime \
    --name KapHeld --type Bool \
    --name KapHere --type Bool
