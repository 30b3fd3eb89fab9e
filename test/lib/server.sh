# shellcheck shell=bash
# Servers of a private folder, one folder each: $1/data, $1/log, and the socket in $1. Sourced. They listen on
# no network, so every one of them has port 5432. bin is the folder of the private copy's programs.
# shellcheck disable=SC2154

server_init()
{
	mkdir -p "$1"
	if ! "$bin/initdb" -D "$1/data" -U postgres -A trust --locale=C.UTF-8 -E UTF8 -N >"$1/initdb.log" 2>&1; then
		cat "$1/initdb.log" >&2
		return 1
	fi
	cat >>"$1/data/postgresql.conf" <<-CONF
		listen_addresses = ''
		unix_socket_permissions = 0700
		fsync = ${2:-off}
		max_connections = 100
		timezone = 'UTC'
		log_line_prefix = '%m [%p] %q%a '
	CONF
}

server_start()
{
	if ! "$bin/pg_ctl" -D "$1/data" -l "$1/log" -w -t 60 -s -o "-p 5432 -k '$1'" start >"$1/start.log" 2>&1; then
		cat "$1/start.log" "$1/log" >&2
		return 1
	fi
	export PGHOST=$1 PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
}

server_stop()
{
	[ ! -f "$1/data/postmaster.pid" ] || "$bin/pg_ctl" -D "$1/data" -m "${2:-immediate}" -w -s stop >/dev/null 2>&1 || true
}
