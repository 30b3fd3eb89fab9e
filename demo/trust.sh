# shellcheck shell=bash
# The evening act, sourced by run: what a person can count on, and what the audit shows. Uses operator(), api(), show_refused().
# shellcheck disable=SC2154

# step NAME: one part of trust.sql; its answers are in $work/trust, what was to be refused is shown.
step()
{
	local players
	mapfile -t players < <(operator -A -t -c "SELECT '-v' || name || '=' || value FROM demo.player")
	api "${players[@]}" -v "$1=1" -f demo/trust.sql >"$work/trust"
	grep -v -e '^eglantine|' -e '^verified|' -e '^contact|' -e '^consent|' -e '^export|' -e '^erase|' "$work/trust" >"$work/tried" || true
	[ ! -s "$work/tried" ] || show_refused
}

# answered NAME: the rest of the line that a step answered with, which must have been accepted.
answered()
{
	grep "^$1|00000" "$work/trust" | cut -d'|' -f3- || { echo "the demo went wrong: $1" >&2; exit 1; }
}

# How often a dump holds one of the person's traces. The register of codes ever given names nobody and is left out.
traces()
{
	pg_dump -T ecopanier_private.ben_code_issued | grep -c -e 'Églantine des Prés' -e "$code" -e 'eglantine@exemple' || true
}

# faults DATABASE: what verify_audit() finds there.
faults()
{
	operator -A -t -d "$1" -c "SELECT format('%s: %s', finding, coalesce(detail, '')) FROM ecopanier.territory t,
		ecopanier.verify_audit(t.id, (SELECT value FROM demo.player WHERE name = 'checkpoint')) f
		WHERE t.slug = 'grand-poitiers' AND f.is_fault ORDER BY f.position"
}

trust()
{
	local code person found
	step right
	person=$(answered eglantine)
	code=$(answered verified)
	operator -c "INSERT INTO demo.player VALUES ('eglantine', '$person')"
	echo "  verified as $code; the civil facts stayed in the client, a keyed hash of them is all there is"
	step merchant
	step leave
	echo "  she exports what there is about her: $(answered export | sed 's/|/ parts: /')"
	found=$(traces)
	[ "$found" -gt 0 ] || { echo 'the demo went wrong: nothing to erase' >&2; exit 1; }
	step gone
	echo "  she erases herself: traces in a dump before $found, after $(traces)"
	[ "$(traces)" -eq 0 ]

	operator -c 'SELECT * FROM ecopanier.tick()' >"$work/tick"
	operator -c "INSERT INTO demo.player SELECT 'checkpoint', ecopanier.audit_checkpoint(id) FROM ecopanier.territory WHERE slug = 'grand-poitiers'"
	[ -z "$(faults "$PGDATABASE")" ]
	operator -A -t -c "SELECT format('  the audit of the day is as it was written: %s', detail) FROM ecopanier.territory t,
		ecopanier.verify_audit(t.id) f WHERE t.slug = 'grand-poitiers' AND f.finding = 'summary'"
	createdb -T "$PGDATABASE" tampered
	operator -d tampered <<-'SQL'
		SET session_replication_role = replica;
		ALTER TABLE ecopanier.audit_event DISABLE TRIGGER ALL;
		UPDATE ecopanier.audit_event SET reason = 'tout va bien' WHERE action = 'pickup_release';
	SQL
	found=$(faults tampered)
	[ -n "$found" ]
	echo "  a copy in which the DBA rewrote one reason: $found"
}
