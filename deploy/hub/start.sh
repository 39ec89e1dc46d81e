#!/bin/sh
# Starts a node of the hub: start.sh CONFIGURATION [OPTION...]
#
# A node keeps nothing on disk but who the others are (nodes.conf), so one that crashed comes back empty. If it did so
# before its replica took over it would still be the primary, and the replica would throw its copy away to match. So a
# node that has been in a cluster waits until the others have surely replaced it.
set -eu
configuration=$1
shift
if [ -s nodes.conf ]; then
    echo "waiting ${NEARBY_HUB_WAIT_S:-15} s for the others to replace this node" >&2
    sleep "${NEARBY_HUB_WAIT_S:-15}"
fi
for server in valkey-server redis-server; do
    if command -v "$server" >/dev/null; then exec "$server" "$configuration" "$@"; fi
done
echo "there is no valkey-server or redis-server" >&2
exit 127
