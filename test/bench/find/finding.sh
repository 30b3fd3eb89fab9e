# shellcheck shell=bash
# Finding lots beside PostGIS; sourced by ../run, which has sql, here, server, ratio(), line() and goal(). README.md says how it measures.
# shellcheck disable=SC2154

# What is run at each of the 100 places: what, as psql's statement with :latitude and :longitude in it, who signs in or "theirs".
finding_kinds()
{
	cat <<-'KINDS'
		nothing|SELECT 1|Camille
		near|SELECT * FROM ecopanier.nearby_lots($1, $2, 100000, '{bakery}', 500)|Camille
		near-free|SELECT * FROM ecopanier.nearby_lots($1, $2, 100000, '{bakery}', 500)|Benoit
		near-all|SELECT * FROM ecopanier.nearby_lots($1, $2, 100000)|Camille
		common-near|SELECT * FROM ecopanier.search_lots('pain', $1, $2, 50000)|Camille
		common|SELECT * FROM ecopanier.search_lots('pain')|Camille
		text-near|SELECT * FROM ecopanier.search_lots('agriculture locale', $1, $2, 50000)|Camille
		text|SELECT * FROM ecopanier.search_lots('agriculture locale')|Camille
		rare-near|SELECT * FROM ecopanier.search_lots('topinambour', $1, $2, 100000)|Camille
		rare|SELECT * FROM ecopanier.search_lots('topinambour')|Camille
		none|SELECT * FROM ecopanier.search_lots('xylophone')|Camille
		theirs||theirs
		index_alone||theirs
	KINDS
}

# One pass over the places: kind, statement, who. Appends the milliseconds of each to time.KIND.
finding_pass()
{
	{
		if [ "$3" = theirs ]; then
			cat "$here/find/theirs.sql"
		else
			echo "SELECT bench.sign_in('$3') \\g /dev/null"
			echo "SET SESSION AUTHORIZATION find_api; SELECT set_config('role', (current_setting('request.jwt.claims')::json)->>'role', false) \\g /dev/null"
			case $2 in
				*'$1'*) echo "PREPARE \"$1\" (double precision, double precision) AS $2;" ;;
				*) echo "PREPARE \"$1\" (double precision, double precision) AS $2 WHERE \$1 + \$2 IS NOT NULL;" ;;
			esac
		fi
		echo '\timing on'
		sed "s/.*/EXECUTE \"$1\"(&);/" askers.csv
	} >pass.sql
	"${sql[@]}" -f pass.sql -o /dev/null | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' >>"time.$1"
}

# The median of a kind, net of the round trip, milliseconds.
finding_net()
{
	local kind=$1 median
	for kind in nothing "$1"; do
		median=$(sort -n "time.$kind" | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }')
		[ "$kind" != nothing ] || round_trip=$median
	done
	awk -v a="$median" -v b="$round_trip" 'BEGIN { printf "%.3f", a - b }'
}

time_finding()
{
	local turn kind statement who
	"${sql[@]}" -c "ALTER SYSTEM SET shared_buffers = '2GB'" -c "ALTER SYSTEM SET max_wal_size = '4GB'"
	server_stop "$server" fast
	server_start "$server"
	createdb find
	export PGDATABASE=find
	"${sql[@]}" -v lots="$open_lots" -f "$here/find/world.sql" >find.log 2>&1 || { cat find.log >&2; exit 1; }
	"${sql[@]}" -A -F ', ' -c 'SELECT latitude, longitude FROM bench.asker ORDER BY n' >askers.csv
	finding_same=$("${sql[@]}" -A -F ' ' -f "$here/find/same.sql" | grep .)
	for turn in 1 2 3 4; do
		while IFS='|' read -r kind statement who; do
			finding_pass "$kind" "$statement" "$who"
			[ "$turn" != 1 ] || rm "time.$kind"	# the first turn fetches what is read from disk
		done < <(finding_kinds)
	done
	finding_sizes=$("${sql[@]}" -A -F ' ' -c "SELECT pg_size_pretty(pg_table_size('ecopanier_private.open_lot')), pg_size_pretty(pg_indexes_size('ecopanier_private.open_lot'))")
	finding_writes=$("${sql[@]}" -A -F ' ' -f "$here/find/writes.sql" | grep .)
}

report_finding()
{
	local compared differ largest publish_bare publish close_bare close cancel_bare cancel kind
	read -r compared differ largest <<<"$finding_same"
	read -r publish_bare publish close_bare close cancel_bare cancel <<<"$finding_writes"
	echo
	echo "Finding among $open_lots open lots, milliseconds, median of 300 from 100 places, net of the round trip of SELECT 1:"
	line "the nearest 50 with two filters" ours PostGIS
	line "  with all that is shown" "$(finding_net near)" "$(finding_net theirs)"
	line "  PostGIS's index alone, ids without stock, shop or window" "" "$(finding_net index_alone)"
	line "  a beneficiary's, free and paid ones" "$(finding_net near-free)" ""
	line "the nearest 50 of any kind" "$(finding_net near-all)" ""
	line "by words" "near" "anywhere"
	line "  a word of a tenth of the titles" "$(finding_net common-near)" "$(finding_net common)"
	line "  two words of half of the descriptions" "$(finding_net text-near)" "$(finding_net text)"
	line "  a word of one lot in 20,000" "$(finding_net rare-near)" "$(finding_net rare)"
	line "  a word of none" "" "$(finding_net none)"
	echo "  $compared distances compared with ST_Distance() on the ellipsoid, $differ differ; the largest difference is $largest m"
	echo "  What is searched takes $finding_sizes (table, indexes)."
	echo "Seconds without and with what is searched kept:"
	line "1,000 lots published one by one" "$publish_bare" "$publish"
	line "100,000 lots closed by one statement" "$close_bare" "$close"
	line "100,000 lots cancelled by one statement" "$cancel_bare" "$cancel"
	goal "the nearest 50 with two filters, ours / PostGIS" "$(ratio "$(finding_net near)" "$(finding_net theirs)")" "at most" 0.8
	goal "distances that differ" "$differ" "at most" 0
}
