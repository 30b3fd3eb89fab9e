/*
 * self_check(): the invariants of the whole database, counted on one snapshot.
 *
 * The hot tables carry no CHECK constraints, so this is where a doubter looks.
 * Each line is a rule and how many rows break it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "common/install.h"
#include "common/owner.h"
#include "common/plan.h"

PG_FUNCTION_INFO_V1(ecp_self_check);

#define ACTIVE "r.state IN ('awaiting_payment', 'held', 'collected')"

/* The value that a claim's limit began with, by the version on the claim. */
#define QUOTA_BASE \
	"LEFT JOIN ecopanier.setting s ON s.territory_id = r.territory_id AND s.version = r.quota_version " \
	"AND s.name = CASE r.quota_basis ->> 'kind' WHEN 'points' THEN 'quota_points_per_day' ELSE 'free_units_per_day' END "

static EcpPlan invariants =
ECP_PLAN("WITH moved AS (SELECT territory_id, lot_id, sum(public_units) AS public_units, sum(solidarity_units) AS solidarity_units "
		 "  FROM ecopanier_private.lot_movement GROUP BY 1, 2), "
		 "claimed AS (SELECT l.territory_id, l.id AS lot_id, l.public_units - coalesce(m.public_units, 0) AS public_units, "
		 "  l.solidarity_units - coalesce(m.solidarity_units, 0) AS solidarity_units, "
		 "  coalesce(sum(r.quantity) FILTER (WHERE r.pool = 'public'), 0) AS public_claimed, "
		 "  coalesce(sum(r.quantity) FILTER (WHERE r.pool = 'solidarity'), 0) AS solidarity_claimed "
		 "  FROM ecopanier.lot l LEFT JOIN moved m ON m.territory_id = l.territory_id AND m.lot_id = l.id LEFT JOIN ecopanier.reservation r "
		 "  ON r.territory_id = l.territory_id AND r.lot_id = l.id AND " ACTIVE " GROUP BY 1, 2, 3, 4), "
		 "used AS (SELECT territory_id, member_id, claim_day AS day, sum(coalesce(quota_cost, quantity)) AS units "
		 "  FROM ecopanier.reservation WHERE pool = 'solidarity' AND (state <> 'cancelled' OR late_cancel) GROUP BY 1, 2, 3), "
		 "fetched AS (SELECT s.territory_id, s.lot_id, coalesce(sum(r.quantity), 0) AS units FROM ecopanier_private.sponsored_lot s LEFT JOIN ecopanier.reservation r "
		 "  ON r.territory_id = s.territory_id AND r.lot_id = s.lot_id AND r.pool = 'solidarity' AND r.state = 'collected' GROUP BY 1, 2), "
		 "checks (number, invariant, violations) AS ("
		 "SELECT 1, 'oversold', count(*) FROM claimed WHERE public_claimed > public_units OR solidarity_claimed > solidarity_units "
		 "UNION ALL SELECT 2, 'stock_matches_claims', count(*) FROM claimed c FULL JOIN ecopanier_private.lot_stock s "
		 "  ON s.territory_id = c.territory_id AND s.lot_id = c.lot_id "
		 "  WHERE (s.public_left::bigint, s.solidarity_left::bigint) IS DISTINCT FROM "
		 "  (c.public_units - c.public_claimed, c.solidarity_units - c.solidarity_claimed) "
		 "UNION ALL SELECT 3, 'stock_negative', count(*) FROM ecopanier_private.lot_stock WHERE public_left < 0 OR solidarity_left < 0 "
		 "UNION ALL SELECT 4, 'quota_exceeded', count(*) FROM used u WHERE u.units > "
		 "  (SELECT max(r.quota_limit) FROM ecopanier.reservation r WHERE r.territory_id = u.territory_id "
		 "  AND r.member_id = u.member_id AND r.claim_day = u.day AND r.pool = 'solidarity') "
		 "UNION ALL SELECT 5, 'quota_matches_claims', count(*) FROM used u FULL JOIN ecopanier_private.free_quota q "
		 "  ON q.territory_id = u.territory_id AND q.member_id = u.member_id AND q.day = u.day "
		 "  WHERE coalesce(q.used, 0) <> coalesce(u.units, 0) "
		 "UNION ALL SELECT 6, 'claim_malformed', count(*) FROM ecopanier.reservation WHERE quantity < 1 OR amount_cents < 0 "
		 "  OR pool NOT IN ('public', 'solidarity') OR state NOT IN ('awaiting_payment', 'held', 'collected', 'cancelled', 'lapsed') "
		 "  OR (pool = 'solidarity') <> (claim_day IS NOT NULL AND quota_limit IS NOT NULL AND quota_version IS NOT NULL) "
		 "  OR (state = 'collected') <> (collected_at IS NOT NULL) "
		 "UNION ALL SELECT 7, 'free_unit_paid', count(*) FROM ecopanier.reservation WHERE pool = 'solidarity' AND amount_cents <> 0 "
		 "UNION ALL SELECT 8, 'claim_of_another_organisation', count(*) FROM ecopanier.reservation r JOIN ecopanier.lot l "
		 "  ON l.territory_id = r.territory_id AND l.id = r.lot_id WHERE l.organisation_id <> r.organisation_id "
		 "UNION ALL SELECT 9, 'lot_cancelled_with_claims', count(*) FROM ecopanier.reservation r JOIN ecopanier.lot l "
		 "  ON l.territory_id = r.territory_id AND l.id = r.lot_id WHERE l.state = 'cancelled' AND r.state IN ('awaiting_payment', 'held') "
		 "UNION ALL SELECT 10, 'handed_over_past_use_by', count(*) FROM ecopanier.reservation r "
		 "  JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id JOIN ecopanier.territory t ON t.id = r.territory_id "
		 "  WHERE r.state = 'collected' AND (r.collected_at AT TIME ZONE t.time_zone)::date > l.use_by "
		 "UNION ALL SELECT 11, 'key_not_in_ring', count(*) FROM ecopanier.reservation r "
		 "  WHERE NOT EXISTS (SELECT FROM ecopanier.key_ring k WHERE k.id = r.key_id) "
		 "UNION ALL SELECT 12, 'identifier_of_another_territory', "
		 "  (SELECT count(*) FROM ecopanier.reservation WHERE ecopanier.territory_of(id) <> territory_id) + "
		 "  (SELECT count(*) FROM ecopanier.lot WHERE ecopanier.territory_of(id) <> territory_id) + "
		 "  (SELECT count(*) FROM ecopanier.member WHERE ecopanier.territory_of(id) <> territory_id) + "
		 "  (SELECT count(*) FROM ecopanier.organisation WHERE ecopanier.territory_of(id) <> territory_id) "
		 "UNION ALL SELECT 13, 'code_not_issued', count(*) FROM ecopanier.beneficiary b WHERE b.ben_code IS NOT NULL AND NOT EXISTS "
		 "  (SELECT FROM ecopanier_private.ben_code_issued i WHERE i.territory_id = b.territory_id AND i.ben_code = b.ben_code) "
		 "UNION ALL SELECT 14, 'discount_out_of_range', count(*) FROM ecopanier.lot l "
		 "  JOIN ecopanier.setting a ON a.territory_id = l.territory_id AND a.name = 'discount_minimum' AND a.version = l.discount_minimum_version "
		 "  JOIN ecopanier.setting b ON b.territory_id = l.territory_id AND b.name = 'discount_maximum' AND b.version = l.discount_maximum_version "
		 "  WHERE l.price_cents * 100::bigint > l.original_price_cents * (100 - a.value) "
		 "  OR l.price_cents * 100::bigint < l.original_price_cents * (100 - b.value) "
		 "UNION ALL SELECT 15, 'right_matches_holder', count(*) FROM "
		 "  (SELECT t.mac, b.territory_id, b.member_id FROM ecopanier.beneficiary b JOIN ecopanier_private.person_tag t "
		 "  ON t.territory_id = b.territory_id AND t.member_id = b.member_id WHERE b.state IN ('verified', 'suspended')) r "
		 "  FULL JOIN ecopanier_private.right_holder h ON h.mac = r.mac AND h.territory_id = r.territory_id AND h.member_id = r.member_id "
		 "  WHERE r.mac IS NULL OR h.mac IS NULL "
		 "UNION ALL SELECT 16, 'second_right', count(*) FROM (SELECT FROM ecopanier.beneficiary b JOIN ecopanier_private.person_tag t "
		 "  ON t.territory_id = b.territory_id AND t.member_id = b.member_id WHERE b.state = 'verified' GROUP BY t.mac HAVING count(*) > 1) m "
		 "UNION ALL SELECT 17, 'enrolled_nobody', count(*) FROM ecopanier.enrolment e WHERE NOT EXISTS (SELECT FROM ecopanier.beneficiary b "
		 "  WHERE b.territory_id = e.territory_id AND b.member_id = e.member_id) "
		 "UNION ALL SELECT 20, 'audit_event_lost', count(*) FROM ecopanier.audit_event e "
		 "  LEFT JOIN ecopanier_private.audit_link l ON l.territory_id = e.territory_id AND l.at = e.at AND l.event_id = e.id "
		 "  LEFT JOIN ecopanier_private.audit_pending p ON p.territory_id = e.territory_id AND p.at = e.at AND p.id = e.id "
		 "  WHERE (l.event_id IS NULL) = (p.id IS NULL) "
		 "UNION ALL SELECT 21, 'event_malformed', count(*) FROM ecopanier.event WHERE kind !~ '^[a-z]+[.][a-z_]+$' OR attempts < 0 "
		 "  OR jsonb_typeof(facts) <> 'object' OR (told_at IS NOT NULL AND (member_id IS NOT NULL OR last_error IS NOT NULL)) "
		 "  OR ecopanier.territory_of(id) <> territory_id "
		 "UNION ALL SELECT 22, 'event_number_twice', count(*) FROM (SELECT FROM ecopanier.event GROUP BY territory_id, number HAVING count(*) > 1) n "
		 "UNION ALL SELECT 23, 'event_tells_price_or_pool', count(*) FROM ecopanier.event "
		 "  WHERE facts ?| '{price_cents,original_price_cents,amount_cents,pool,role,claim_day,quota_limit,public_units,solidarity_units}' "
		 "UNION ALL SELECT 24, 'offered_past_use_by', count(*) FROM ecopanier.lot l JOIN ecopanier.territory t ON t.id = l.territory_id "
		 "  WHERE l.state = 'published' AND l.use_by < ((l.window_end - interval '1 us') AT TIME ZONE t.time_zone)::date "
		 "UNION ALL SELECT 25, 'sold_against_provenance', count(*) FROM ecopanier.lot l WHERE l.provenance IN ('eu_funded', 'seized', 'undersized') "
		 "  AND (l.public_units > 0 OR EXISTS (SELECT FROM ecopanier_private.lot_stock s WHERE s.territory_id = l.territory_id AND s.lot_id = l.id "
		 "  AND s.public_left > 0) OR EXISTS (SELECT FROM ecopanier.reservation r WHERE r.territory_id = l.territory_id AND r.lot_id = l.id AND r.pool = 'public')) "
		 "UNION ALL SELECT 26, 'claimed_or_moved_past_use_by', (SELECT count(*) FROM ecopanier.reservation r "
		 "  JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id JOIN ecopanier.territory t ON t.id = r.territory_id "
		 "  WHERE " ACTIVE " AND (r.claimed_at AT TIME ZONE t.time_zone)::date > l.use_by) + (SELECT count(*) FROM ecopanier_private.lot_movement m "
		 "  JOIN ecopanier.lot l ON l.territory_id = m.territory_id AND l.id = m.lot_id JOIN ecopanier.territory t ON t.id = m.territory_id "
		 "  WHERE m.kind <> 'cascade' AND (m.public_units > 0 OR m.solidarity_units > 0) AND (m.at AT TIME ZONE t.time_zone)::date > l.use_by) "
		 "UNION ALL SELECT 27, 'lots_of_day_miscounted', count(*) FROM ecopanier.lot_day d WHERE d.used > d.limit_lots OR d.used > "
		 "  (SELECT count(*) FROM ecopanier.lot l JOIN ecopanier.territory t ON t.id = l.territory_id WHERE l.territory_id = d.territory_id "
		 "  AND l.organisation_id = d.organisation_id AND (l.published_at AT TIME ZONE t.time_zone)::date = d.day) "
		 "UNION ALL SELECT 28, 'claim_of_no_window', count(*) FROM ecopanier.reservation r "
		 "  JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id "
		 "  WHERE l.windows IS NOT NULL AND tstzrange(r.window_start, r.window_end) <> ALL (l.windows) "
		 "UNION ALL SELECT 29, 'template_day_wrong', (SELECT count(*) FROM ecopanier.lot_template WHERE next_day <= last_day "
		 "  OR (next_day IS NULL) <> (next_start IS NULL) OR next_day > active_until) + (SELECT count(*) FROM ecopanier.lot l "
		 "  JOIN ecopanier.territory t ON t.id = l.territory_id WHERE l.template_day <> (l.window_start AT TIME ZONE t.time_zone)::date) "
		 "UNION ALL SELECT 30, 'price_of_another_moment', count(*) FROM ecopanier.reservation r "
		 "  JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id WHERE r.pool = 'public' AND r.amount_cents IS DISTINCT FROM r.quantity * "
		 "  ecopanier.price_on_schedule(l.price_cents, l.price_falls_from, l.price_step_minutes, l.price_step_cents, l.price_floor_cents, r.claimed_at) "
		 "UNION ALL SELECT 31, 'quota_limit_unfounded', count(*) FROM ecopanier.reservation r " QUOTA_BASE
		 "  WHERE r.pool = 'solidarity' AND (s.value IS NULL OR CASE WHEN r.quota_basis IS NULL THEN r.quota_limit > s.value "
		 "  ELSE (r.quota_basis -> 'base')::int <> s.value OR r.quota_limit <> least(least((r.quota_basis -> 'base')::int, (r.quota_basis -> 'reduced_to')::int) "
		 "  + coalesce((r.quota_basis -> 'household')::int, 0) + coalesce((r.quota_basis -> 'relaxed')::int, 0), (r.quota_basis -> 'right')::int) END) "
		 "UNION ALL SELECT 32, 'quota_cost_unfounded', count(*) FROM ecopanier.reservation r "
		 "  JOIN ecopanier.lot l ON l.territory_id = r.territory_id AND l.id = r.lot_id LEFT JOIN ecopanier.category_points c "
		 "  ON c.territory_id = r.territory_id AND c.category = l.category AND c.version = (r.quota_basis #> '{versions,category_points}')::int "
		 "  WHERE r.quota_cost IS DISTINCT FROM CASE WHEN r.pool = 'solidarity' AND r.quota_basis ->> 'kind' = 'points' THEN r.quantity * coalesce(c.points, 1) END "
		 "UNION ALL SELECT 33, 'forgiven_without_no_show', count(*) FROM ecopanier.reservation "
		 "  WHERE forgiven_at IS NOT NULL AND NOT (pool = 'solidarity' AND (state = 'lapsed' OR late_cancel)) "
		 "UNION ALL SELECT 34, 'sponsored_unit_misused', (SELECT count(*) FROM ecopanier_private.sponsored_unit u JOIN fetched f "
		 "  ON f.territory_id = u.territory_id AND f.lot_id = u.lot_id WHERE u.state <> 'open' AND (u.state = 'used') <> (u.rank <= f.units)) "
		 "  + (SELECT count(*) FROM fetched f JOIN ecopanier_private.sponsored_lot s ON s.territory_id = f.territory_id AND s.lot_id = f.lot_id "
		 "  WHERE s.collected <> f.units OR s.units <> (SELECT count(*) FROM ecopanier_private.sponsored_unit u WHERE u.territory_id = s.territory_id AND u.lot_id = s.lot_id) "
		 "  OR -s.units <> (SELECT sum(m.solidarity_units) FROM ecopanier_private.lot_movement m WHERE m.territory_id = s.territory_id AND m.lot_id = s.lot_id AND m.kind = 'sponsored')) "
		 "UNION ALL SELECT 35, 'fund_matches_instructions', count(*) FROM ecopanier_private.sponsorship_fund f FULL JOIN "
		 "  (SELECT territory_id, sum(CASE kind WHEN 'fund_in' THEN amount_cents ELSE -amount_cents END) AS cents FROM ecopanier_private.money_instruction "
		 "  WHERE kind IN ('fund_in', 'fund_out') GROUP BY 1) i ON i.territory_id = f.territory_id WHERE f.balance_cents IS DISTINCT FROM i.cents OR f.balance_cents < 0 "
		 "UNION ALL SELECT 36, 'sponsored_money_lost', (SELECT count(*) FROM (SELECT FROM ecopanier_private.sponsored_unit u "
		 "  JOIN ecopanier.contribution c ON c.territory_id = u.territory_id AND c.id = u.contribution_id "
		 "  LEFT JOIN ecopanier_private.money_instruction i ON i.territory_id = u.territory_id AND i.cause_id = u.id GROUP BY u.territory_id, u.id, c.member_id "
		 "  HAVING coalesce(string_agg(i.kind, ' ' ORDER BY i.kind), '') <> CASE u.state WHEN 'open' THEN '' WHEN 'used' THEN 'credit' "
		 "  WHEN 'returned' THEN 'fund_in' ELSE CASE WHEN c.member_id IS NULL THEN 'fund_in' ELSE 'refund' END END OR sum(i.amount_cents) <> u.price_cents) x) "
		 "  + (SELECT count(*) FROM (SELECT FROM ecopanier.contribution c LEFT JOIN ecopanier_private.money_instruction i "
		 "  ON i.territory_id = c.territory_id AND i.cause_id = c.id GROUP BY c.territory_id, c.id "
		 "  HAVING coalesce(string_agg(i.kind, ' ' ORDER BY i.kind), '') <> CASE WHEN c.kind = 'basket' AND c.member_id IS NULL THEN 'fund_out' "
		 "  WHEN c.state = 'refunded' THEN 'debit refund' WHEN c.state = 'paid' AND c.kind <> 'basket' THEN 'debit fund_in' ELSE 'debit' END "
		 "  OR NOT bool_and(i.amount_cents = c.amount_cents) OR bool_or(i.kind = 'debit' AND i.state <> CASE c.state WHEN 'pledged' THEN 'pending' "
		 "  WHEN 'refused' THEN 'refused' ELSE 'done' END)) x) "
		 "UNION ALL SELECT 37, 'cascade_units_lost', count(*) FROM ecopanier.cascade_step s WHERE "
		 "  CASE WHEN s.state IN ('offered', 'accepted', 'done') THEN s.quantity WHEN s.state = 'received' THEN s.received_quantity ELSE 0 END "
		 "  <> (SELECT coalesce(sum(m.public_units + m.solidarity_units), 0) FROM ecopanier_private.lot_movement m "
		 "  WHERE m.territory_id = s.territory_id AND m.lot_id = s.lot_id AND m.cause_id = s.id AND m.kind = 'cascade') "
		 "UNION ALL SELECT 38, 'cascade_without_step', (SELECT count(*) FROM ecopanier_private.lot_movement m LEFT JOIN ecopanier.cascade_step s "
		 "  ON s.territory_id = m.territory_id AND s.id = m.cause_id AND s.lot_id = m.lot_id WHERE m.kind = 'cascade' AND s.id IS NULL) "
		 "  + (SELECT count(*) FROM ecopanier.lot c LEFT JOIN ecopanier.cascade_step s ON s.territory_id = c.territory_id AND s.child_lot_id = c.id "
		 "  AND s.lot_id = c.source_lot_id WHERE c.source_lot_id IS NOT NULL AND s.quantity IS DISTINCT FROM c.solidarity_units) "
		 "UNION ALL SELECT 39, 'cascade_past_use_by', count(*) FROM ecopanier.cascade_step s "
		 "  JOIN ecopanier.lot l ON l.territory_id = s.territory_id AND l.id = s.lot_id JOIN ecopanier.territory t ON t.id = s.territory_id "
		 "  LEFT JOIN ecopanier.lot c ON c.territory_id = s.territory_id AND c.id = s.child_lot_id "
		 "  CROSS JOIN LATERAL (SELECT CASE WHEN s.state = 'received' THEN s.decided_at ELSE coalesce(c.window_end, s.deadline) END AS at) m "
		 "  WHERE s.stage <> 'compost' AND s.state IN ('offered', 'accepted', 'received', 'done') AND m.at > (l.use_by + 1)::timestamp AT TIME ZONE t.time_zone "
		 "  - CASE WHEN s.stage = 'association' AND NOT s.short_dated THEN make_interval(hours => (SELECT h.value::int FROM ecopanier.setting h "
		 "  WHERE h.territory_id = s.territory_id AND h.name = 'donation_hours' AND h.valid_from <= coalesce(s.decided_at, s.at) "
		 "  ORDER BY h.valid_from DESC, h.version DESC LIMIT 1)) ELSE interval '0' END "
		 "UNION ALL SELECT 40, 'cascade_capacity_exceeded', count(*) FROM (SELECT FROM ecopanier.cascade_step s WHERE s.receiver_id IS NOT NULL "
		 "  AND s.state IN ('offered', 'accepted', 'received', 'done') GROUP BY s.territory_id, s.receiver_id, s.day "
		 "  HAVING sum(coalesce(s.received_quantity, s.quantity)) > max(s.units_limit) "
		 "  OR sum(least(s.received_weight_g, s.weight_g * coalesce(s.received_quantity, s.quantity) / s.quantity)) > max(s.weight_limit_g)) o "
		 "UNION ALL SELECT 41, 'allotment_units_lost', count(*) FROM ecopanier.allotment_round a JOIN ecopanier_private.allotment_draw d "
		 "  ON d.territory_id = a.territory_id AND d.round_id = a.id WHERE d.kept_units > a.units OR (SELECT coalesce(sum(m.solidarity_units), 0) "
		 "  FROM ecopanier_private.lot_movement m WHERE m.territory_id = a.territory_id AND m.lot_id = a.lot_id AND m.cause_id = a.id AND m.kind = 'allotment') "
		 "  <> CASE a.state WHEN 'open' THEN d.kept_units ELSE 0 END "
		 "UNION ALL SELECT 42, 'allotment_gives_too_much', count(*) FROM ecopanier_private.allotment_draw d WHERE coalesce(d.allotted_units, 0) > d.kept_units "
		 "  OR (NOT d.purged AND coalesce(d.allotted_units, 0) <> (SELECT coalesce(sum(i.allotted), 0) FROM ecopanier.allotment_interest i "
		 "  WHERE i.territory_id = d.territory_id AND i.round_id = d.round_id)) "
		 "UNION ALL SELECT 43, 'allotment_without_claim', count(*) FROM ecopanier.allotment_interest i LEFT JOIN ecopanier.reservation r "
		 "  ON r.territory_id = i.territory_id AND r.id = i.reservation_id WHERE i.member_id IS NOT NULL AND CASE WHEN i.allotted > 0 "
		 "  THEN (r.member_id, r.lot_id, r.quantity, r.pool) IS DISTINCT FROM (i.member_id, (SELECT a.lot_id FROM ecopanier.allotment_round a "
		 "  WHERE a.territory_id = i.territory_id AND a.id = i.round_id), i.allotted, 'solidarity') ELSE i.reservation_id IS NOT NULL END "
		 "UNION ALL SELECT 45, 'refund_above_payment', count(*) FROM ecopanier_private.money_instruction i WHERE i.kind = 'refund' "
		 "  AND i.cause IN ('reservation', 'contribution') AND i.amount_cents > (SELECT coalesce(sum(d.amount_cents), 0) FROM ecopanier_private.money_instruction d "
		 "  WHERE d.territory_id = i.territory_id AND d.cause_id = i.cause_id AND d.kind = 'debit' AND d.state = 'done') "
		 "UNION ALL SELECT 46, 'match_above_ceiling', count(*) FROM (SELECT FROM ecopanier.match_agreement a JOIN ecopanier.contribution c "
		 "  ON c.territory_id = a.territory_id AND c.agreement_id = a.id AND c.state <> 'refused' GROUP BY a.territory_id, a.id HAVING sum(c.amount_cents) > a.ceiling_cents) o "
		 "UNION ALL SELECT 44, 'search_matches_lots', count(*) FROM ecopanier_private.open_lot o FULL JOIN ecopanier_private.open_lot_fact f "
		 "  ON f.territory_id = o.territory_id AND f.lot_id = o.lot_id WHERE o::text IS DISTINCT FROM f::text "
		 ") SELECT invariant, violations FROM checks ORDER BY number");

Datum
ecp_self_check(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	EcpOwner	saved;
	uint64		row;

	ecp_require_installed();
	InitMaterializedSRF(fcinfo, 0);
	ecp_plan_begin(&saved);
	ecp_plan_run(&invariants, NULL, NULL, true, 0);
	for (row = 0; row < SPI_processed; row++)
	{
		Datum		values[2] = {ecp_plan_known(row, 1), ecp_plan_known(row, 2)};
		bool		nulls[2] = {false, false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	ecp_plan_end(&saved);
	return (Datum) 0;
}
