#!/usr/bin/env bash
# Installs the programs of others that check Ringtail (Debian): Babeltrace 2, LTTng, SQLite, a C compiler, Chromium,
# curl, PostgreSQL, Redis, MariaDB, NATS.
# Ringtail itself needs none of them.
set -euo pipefail

packages=(babeltrace2 lttng-tools liblttng-ust-dev liblttng-ctl-dev sqlite3 gcc chromium curl postgresql
  redis-server mariadb-server nats-server)

fail() {
  echo "install-peers: $1" >&2
  exit 1
}

command -v apt-get >/dev/null || fail "there is no apt-get here; install by hand: ${packages[*]}"
[ "$(id -u)" -eq 0 ] || fail "needs root: sudo tools/install-peers.sh"

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
if [ "${#missing[@]}" -eq 0 ]; then
  echo "install-peers: all are installed: ${packages[*]}"
  exit 0
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq || fail "apt-get update failed"
apt-get install -y -qq --no-install-recommends "${missing[@]}" || fail "could not install: ${missing[*]}"
echo "install-peers: installed ${missing[*]}"
