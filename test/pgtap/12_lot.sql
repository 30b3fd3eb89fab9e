-- Lots by role: price (D4), what publishing needs, use-by, history, D12; who decides on a right (D14); who reads what.
\i test/lib/fixture.sql
\i test/lib/try.sql
SELECT * FROM no_plan();

\echo '# rule D4: 30 to 70 percent off, both ends allowed'
CREATE TEMP TABLE offer (n serial, says text, original text, price text, expected text);
INSERT INTO offer (says, original, price, expected) VALUES
('30 percent off', '1000', '700', '1 row'), ('less is refused', '1000', '701', 'ZE109'),
('70 percent off', '1000', '300', '1 row'), ('more is refused', '1000', '299', 'ZE109'),
('30 percent off an odd price', '999', '699', '1 row'), ('a cent less off', '999', '700', 'ZE109'),
('70 percent off an odd price', '999', '300', '1 row'), ('a cent more off', '999', '299', 'ZE109'),
('of one cent nothing can be taken off', '1', '1', 'ZE109'), ('nor all of it', '1', '0', 'ZE109'),
('of three cents, two', '3', '1', '1 row'), ('or one', '3', '2', '1 row'),
('the dearest lot', '1000000', '300000', '1 row'), ('no dearer', '1000001', '500000', '23514'),
('no price for nothing', '0', '0', '23514'), ('no price below nothing', '1000', '-1', 'ZE109'), ('no price above the original', '1000', '1001', 'ZE109');
SELECT is(fixture.try('Mona', 'merchant', format('INSERT INTO ecopanier.lot (title, public_units, original_price_cents, price_cents) VALUES (''x'', 1, %s, %s)', original, price)),
	expected, says || ': ' || price || ' of ' || original) FROM offer ORDER BY n;
-- A superuser's load meets the same rule: it is stored with its version.
SELECT is((fixture.attempt('postgres', NULL, NULL, format('INSERT INTO ecopanier.lot (territory_id, organisation_id, title, public_units, original_price_cents, price_cents) VALUES (1, fixture.organisation(''Boulangerie''), ''x'', 1, %s, %s)', original, price))).state,
	nullif(expected, '1 row'), 'loaded: ' || says) FROM offer ORDER BY n;
CREATE TEMP TABLE step (n serial, says text, name text, role text, statement text, expected text, at text, territory int DEFAULT 1);
INSERT INTO step (says, name, role, statement, expected) VALUES
('a draft at 40 percent', 'Mona', 'merchant', $$INSERT INTO ecopanier.lot (title, public_units, original_price_cents, price_cents) VALUES ('D4', 1, 1000, 600)$$, '1 row'),
('the versions are stored', 'Mona', 'merchant', $$SELECT discount_minimum_version || ' ' || discount_maximum_version FROM ecopanier.lot WHERE title = 'D4'$$, '1 1'),
('the range can be narrowed', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('discount_minimum', 50, 'test')$$, '2'),
('which binds new lots', 'Mona', 'merchant', $$INSERT INTO ecopanier.lot (title, public_units, original_price_cents, price_cents) VALUES ('x', 1, 1000, 600)$$, 'ZE109'),
('other territories not', 'Adele', 'administrator', $$SELECT ecopanier.setting_value('discount_minimum')::int$$, '50'),
('and the range is put back', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('discount_minimum', 30, 'test')$$, '3'),
('a customer sets nothing', 'Camille', 'customer', $$SELECT ecopanier.set_setting('discount_minimum', 0, 'test')$$, '42501'),
('nor does a merchant', 'Mona', 'merchant', $$SELECT ecopanier.set_setting('discount_minimum', 0, 'test')$$, '42501'),
('settings do not begin in the past', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('discount_minimum', 30, 'test', '2026-11-20 15:59:59+00')$$, '22023'),
('they begin now', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('discount_minimum', 30, 'test', '2026-11-20 16:00:00+00')$$, '4'),
('or later', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('discount_minimum', 40, 'test', '2026-11-21 16:00:00+00')$$, '5'),
('when they are in force', 'Adele', 'administrator', $$SELECT ecopanier.setting_value('discount_minimum')::int || ' ' || ecopanier.setting_value('discount_minimum', '2026-11-21 15:59:59+00')::int || ' ' || ecopanier.setting_value('discount_minimum', '2026-11-21 16:00:00+00')::int$$, '30 30 40'),
('an unknown setting', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('unknown', 1, 'test')$$, '23503'),
('and its value', 'Camille', 'customer', $$SELECT ecopanier.setting_value('unknown')$$, '22023'),
('values are not changed', 'Adele', 'administrator', $$UPDATE ecopanier.setting SET value = 1$$, '42501'),
('the author is noted', 'Adele', 'administrator', $$SELECT count(*) FROM ecopanier.setting WHERE author_id = fixture.id('Adele') AND name = 'discount_minimum'$$, '4');
SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;
TRUNCATE step;

\echo '# publishing: what is missing is named all at once; use-by and window'
CREATE TEMP TABLE publication (n serial, says text, change text, expected text);
INSERT INTO publication (says, change, expected) VALUES
('complete', '{}', 'published'),
('no window', '{"window_start": null, "window_end": null}', 'ZE115 Missing: window_start, window_end.'),
('no price', '{"price_cents": null}', 'ZE115 Missing: price_cents.'),
('no original price', '{"price_cents": null, "original_price_cents": null}', 'ZE115 Missing: original_price_cents, price_cents.'),
('a free lot keeps its original price (D12)', '{"public_units": 0, "solidarity_units": 2, "price_cents": null}', 'published'),
('and needs it', '{"public_units": 0, "solidarity_units": 2, "price_cents": null, "original_price_cents": null}', 'ZE115 Missing: original_price_cents.'),
('no units', '{"public_units": 0}', 'ZE115 Missing: public_units or solidarity_units.'),
('nothing at all', '{"public_units": 0, "price_cents": null, "original_price_cents": null, "window_start": null, "window_end": null, "category": null, "cold_class": null,
	"unit_weight_g": null, "batch": null, "use_by": null}',
 'ZE115 Missing: category, window_start, window_end, public_units or solidarity_units, original_price_cents, unit_weight_g or meals_per_unit, cold_class, use_by or best_before or undated, batch.'),
('a category that is none', '{"category": "Pain"}', 'ZE115 Missing: category.'),
('the meals of a unit instead of its weight', '{"unit_weight_g": null, "meals_per_unit": 1.5}', 'published'),
('neither', '{"unit_weight_g": null}', 'ZE115 Missing: unit_weight_g or meals_per_unit.'),
('no cold class', '{"cold_class": null}', 'ZE115 Missing: cold_class.'),
('no date and no word of it', '{"use_by": null}', 'ZE115 Missing: use_by or best_before or undated.'),
('a best-before date', '{"use_by": null, "best_before": "2026-12-24"}', 'published'),
('of a kind without a date, nor a batch', '{"use_by": null, "batch": null, "undated": true}', 'published'),
('a dated one has a batch', '{"batch": null}', 'ZE115 Missing: batch.'),
('that says something', '{"batch": " "}', 'ZE115 Missing: batch.'),
('blanks that do not break say nothing either', '{"batch": " \u00a0\u202f"}', 'ZE115 Missing: batch.'), ('a blank before it does', '{"batch": "\u00a0L1"}', 'published'),
('unknown allergens are not sold', '{"allergens": null}', 'ZE115 Missing: allergens.'),
('none is an answer', '{"allergens": "{}"}', 'published'),
('free units with unknown allergens are given', '{"allergens": null, "public_units": 0, "solidarity_units": 2, "price_cents": null}', 'published'),
('a window that ends on the use-by date, local midnight', '{"window_end": "2026-11-21T23:00:00Z", "use_by": "2026-11-21"}', 'published'),
('a moment past it', '{"window_end": "2026-11-21T23:00:00.000001Z", "use_by": "2026-11-21"}', 'ZE108'),
('a past best-before date may be sold', '{"best_before": "2026-01-01", "use_by": null}', 'published'),
('a window that is still open', '{"window_start": "2026-11-20T15:00:00Z", "window_end": "2026-11-20T16:00:00.000001Z"}', 'published'),
('a window that is over', '{"window_start": "2026-11-20T15:00:00Z", "window_end": "2026-11-20T16:00:00Z"}', 'ZE103'),
('the last day that food bears', '{"use_by": "2199-12-31"}', 'published'), ('the day after', '{"use_by": "2200-01-01"}', '22023'), ('no day at all', '{"use_by": "infinity"}', '22023'),
('before there was any', '{"use_by": "1999-12-31"}', '22023'), ('best before likewise', '{"use_by": null, "best_before": "infinity"}', '22023'),
('allergens twice', '{"allergens": "{lait,gluten,lait}"}', '22023'), ('in a table', '{"allergens": "{{lait},{soja}}"}', '22023'), ('counted from nought', '{"allergens": "[0:1]={lait,soja}"}', '22023'),
('all of them', '{"allergens": "{gluten,crustaces,oeufs,poissons,arachides,soja,lait,fruits_a_coque,celeri,moutarde,sesame,sulfites,lupin,mollusques}"}', 'published');
CREATE FUNCTION fixture.publish_outcome(change jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	columns text;
	outcome record;
BEGIN
	SELECT string_agg(format('%I = %L', key, value), ', ') INTO columns FROM jsonb_each_text(
		'{"public_units": 1, "original_price_cents": 1000, "price_cents": 400, "window_start": "2026-11-20T17:00:00Z", "window_end": "2026-11-20T19:00:00Z",
		"category": "bakery", "unit_weight_g": 500, "cold_class": "ambient", "use_by": "2026-11-22", "batch": "L1", "allergens": "{gluten}"}' || change);
	SELECT * INTO outcome FROM fixture.attempt('api', 'ecopanier_merchant', fixture.claims('Mona', 'merchant'), format($q$
		INSERT INTO ecopanier.lot (title) VALUES ('P');
		UPDATE ecopanier.lot SET %s WHERE title = 'P';
		UPDATE ecopanier.lot SET state = 'published' WHERE title = 'P' RETURNING state$q$, columns));
	RETURN coalesce(outcome.state || CASE outcome.state WHEN 'ZE115' THEN ' ' || outcome.detail ELSE '' END, outcome.value);
END $$;
SELECT is(fixture.publish_outcome(change::jsonb), expected, says) FROM publication ORDER BY n;

\echo '# a published lot keeps what claims rest on; nothing with history is deleted'
SELECT fixture.name_lot('shown', fixture.lot(5, 5)), fixture.name_lot('elsewhere', fixture.lot(5, 5, 2)) \g /dev/null
SELECT is(fixture.try('Mona', 'merchant', format('UPDATE ecopanier.lot SET %s WHERE id = fixture.named(''shown'')', c)), 'ZE111', 'published: ' || c)
FROM unnest(ARRAY['title = ''x''', 'original_price_cents = 900', 'price_cents = 500', 'unit_weight_g = 1', 'meals_per_unit = 9', 'use_by = ''2026-12-01''',
	'best_before = ''2026-12-01''', 'batch = ''x''', 'allergens = ''{}''', 'window_start = ''2026-11-20 16:30Z''', 'window_end = ''2026-11-20 20:00Z''']) c;
SELECT is((fixture.attempt('postgres', NULL, NULL, format('UPDATE ecopanier.lot SET %s WHERE id = fixture.named(''shown'')', c))).state, 'ZE111', 'loaded: ' || c)
FROM unnest(ARRAY['organisation_id = fixture.organisation(''CCAS'')', 'id = ecopanier.new_id(1)', 'territory_id = 2', 'use_by = ''2026-12-01''', 'window_end = ''2026-11-20 20:00Z''']) c;
INSERT INTO step (says, name, role, statement, expected) VALUES
('units can be added', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET public_units = 7 WHERE id = fixture.named('shown')$$, '1 row'),
('which are there at once', 'Mona', 'merchant', $$SELECT fixture.units_left('shown')$$, '7/5'),
('a claim of four', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('shown'), 4)$$, 'held'),
('units are not taken back: the refusal would tell the pools of claims', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET public_units = 3 WHERE id = fixture.named('shown')$$, 'ZE111'),
('not even those that nobody claimed', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET solidarity_units = 0 WHERE id = fixture.named('shown')$$, 'ZE111'),
('they may grow', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET public_units = public_units + 1 WHERE id = fixture.named('shown')$$, '1 row'),
('a published lot is not deleted', 'Mona', 'merchant', $$DELETE FROM ecopanier.lot WHERE id = fixture.named('shown')$$, 'ZE111'),
('nor made a draft', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'draft' WHERE id = fixture.named('shown')$$, 'ZE107'),
('a draft is', 'Mona', 'merchant', $$INSERT INTO ecopanier.lot (title) VALUES ('gone')$$, '1 row'),
('deleted', 'Mona', 'merchant', $$DELETE FROM ecopanier.lot WHERE title = 'gone'$$, '1 row'),
('a draft is claimed by nobody', 'Camille', 'customer', $$SELECT state FROM ecopanier.reserve((SELECT id FROM ecopanier.lot WHERE title = 'D4'))$$, '22004'),
('a station offers nothing', 'Sami', 'merchant', $$INSERT INTO ecopanier.lot (title) VALUES ('x')$$, '42501'),
('nor changes anything', 'Sami', 'merchant', $$UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('shown')$$, '42501'),
('a customer neither', 'Camille', 'customer', $$INSERT INTO ecopanier.lot (title) VALUES ('x')$$, '42501'),
('an association offers for itself', 'Alice', 'association', $$INSERT INTO ecopanier.lot (title) VALUES ('CCAS') RETURNING organisation_id = fixture.organisation('CCAS')$$, 'true'),
('not for others', 'Alice', 'association', $$UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('shown')$$, '0 rows'),
('state is not chosen at birth', 'Mona', 'merchant', $$INSERT INTO ecopanier.lot (title, state) VALUES ('x', 'published')$$, '42501'),
('organisation neither', 'Mona', 'merchant', $$INSERT INTO ecopanier.lot (title, organisation_id) VALUES ('x', fixture.organisation('CCAS'))$$, '42501'),
('until the window is over', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET public_units = public_units + 1 WHERE id = fixture.named('shown')$$, '1 row'),
('not then', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET public_units = public_units + 1 WHERE id = fixture.named('shown')$$, 'ZE103'),
('nor while it is closed', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'closed', public_units = public_units + 1 WHERE id = fixture.named('shown')$$, 'ZE107'),
('closed', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('shown')$$, '1 row'),
('nothing comes to it then', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET solidarity_units = solidarity_units + 1 WHERE id = fixture.named('shown')$$, 'ZE107'),
('is not opened again', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'published' WHERE id = fixture.named('shown')$$, 'ZE107'),
('but can be cancelled', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'cancelled' WHERE id = fixture.named('shown')$$, '1 row'),
('once', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'closed' WHERE id = fixture.named('shown')$$, 'ZE107');
UPDATE step SET at = '2026-11-20 18:59:59.999999+00' WHERE says = 'until the window is over';
UPDATE step SET at = '2026-11-20 19:00:00+00' WHERE says = 'not then';
SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;
TRUNCATE step;

\echo '# a price is held against what is in force when it is given, and when it is published'
INSERT INTO step (says, name, role, statement, expected, at) VALUES
('a draft at 69 percent', 'Mona', 'merchant', $$INSERT INTO ecopanier.lot (title, public_units, original_price_cents, price_cents) VALUES ('cheap', 1, 1000, 310)$$, '1 row', '2026-11-20 16:30+00'),
('and another', 'Mona', 'merchant', $$INSERT INTO ecopanier.lot (title, public_units, original_price_cents, price_cents) VALUES ('given up', 1, 1000, 310)$$, '1 row', '2026-11-20 16:30+00'),
('dearer is asked for later', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('discount_maximum', 50, 'test', '2026-11-22 16:00:00+00')$$, '2', '2026-11-20 16:30+00'),
('until then it may be changed', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET price_cents = 305 WHERE title = 'cheap'$$, '1 row', '2026-11-22 15:59:59+00'),
('not after', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET price_cents = 310 WHERE title = 'cheap'$$, 'ZE109', '2026-11-22 16:00:00+00'),
('nor published', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'published' WHERE title = 'cheap'$$, 'ZE109', '2026-11-22 16:00:00+00'),
('but given up', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET state = 'cancelled' WHERE title = 'given up'$$, '1 row', '2026-11-22 16:00:00+00'),
('at half the price it may be', 'Mona', 'merchant', $$UPDATE ecopanier.lot SET price_cents = 500 WHERE title = 'cheap' RETURNING discount_maximum_version$$, '2', '2026-11-22 16:00:00+00'),
('the rule is put back', 'Adele', 'administrator', $$SELECT ecopanier.set_setting('discount_maximum', 70, 'test', '2026-11-22 16:00:01+00')$$, '3', '2026-11-22 16:00:00+00');
SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;
TRUNCATE step;

\echo '# rule D14: who decides on a right'
INSERT INTO ecopanier.organisation (territory_id, kind, name, siret, accreditation_number, accredited_from, accredited_until)
VALUES (1, 'association', 'Accredited', NULL, 'A-1', '2026-01-01', '2026-11-20'), (1, 'association', 'Never', NULL, NULL, NULL, NULL),
	(1, 'association', 'Yesterday', NULL, 'A-2', '2026-01-01', '2026-11-19'), (1, 'association', 'Tomorrow', NULL, 'A-3', '2026-11-21', NULL),
	(1, 'association', 'Open', NULL, 'A-4', '2026-11-20', NULL), (1, 'association', 'Suspended', NULL, 'A-5', '2026-01-01', NULL);
UPDATE ecopanier.organisation SET accreditation_suspended = true WHERE name = 'Suspended';
INSERT INTO ecopanier.member (territory_id, display_name) SELECT 1, n || f FROM unnest(ARRAY['Accredited', 'Never', 'Yesterday', 'Tomorrow', 'Open', 'Suspended', 'CCAS']) n,
	unnest(ARRAY['', 'Reader', 'Station']) f;
INSERT INTO ecopanier.member_role (territory_id, member_id, role) SELECT 1, id, 'association' FROM ecopanier.member
WHERE display_name ~ '^(Accredited|Never|Yesterday|Tomorrow|Open|Suspended|CCAS)';
INSERT INTO ecopanier.organisation_staff (territory_id, organisation_id, member_id, function)
SELECT 1, o.id, m.id, CASE WHEN m.display_name LIKE '%Reader' THEN 'reader' WHEN m.display_name LIKE '%Station' THEN 'station' ELSE 'manager' END
FROM ecopanier.organisation o JOIN ecopanier.member m ON m.territory_id = 1 AND m.display_name IN (o.name, o.name || 'Reader', o.name || 'Station')
WHERE o.territory_id = 1;
-- Alice is a beneficiary too, and applied for the right that she could decide on.
INSERT INTO ecopanier.member_role (territory_id, member_id, role) VALUES (1, fixture.id('Alice'), 'beneficiary');
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id) VALUES (1, fixture.id('Alice'), fixture.organisation('CCAS'));
CREATE TEMP TABLE decider (n serial, says text, name text, role text, expected text, person text DEFAULT 'Bruno', at text);
INSERT INTO decider (says, name, role, expected) VALUES
('a social service by right', 'Alice', 'association', 'verified'), ('an administrator', 'Adele', 'administrator', 'verified'),
('an association on the last day of its accreditation', 'Accredited', 'association', 'verified'), ('on the first', 'Open', 'association', 'verified'),
('the day after it', 'Yesterday', 'association', 'ZE118'), ('the day before it', 'Tomorrow', 'association', 'ZE118'),
('without accreditation', 'Never', 'association', 'ZE118'), ('suspended', 'Suspended', 'association', 'ZE118'),
('a reader', 'AccreditedReader', 'association', '42501'), ('a station', 'AccreditedStation', 'association', '42501'),
('a station of a social service', 'CCASStation', 'association', '42501'), ('a reader of a social service', 'CCASReader', 'association', '42501'),
('a merchant', 'Mona', 'merchant', '42501'), ('the person', 'Bruno', 'beneficiary', '42501'), ('a customer', 'Camille', 'customer', '42501');
INSERT INTO decider (says, name, role, expected, person) VALUES ('never on the own right', 'Alice', 'association', '42501', 'Alice');
INSERT INTO decider (says, name, role, expected, at) VALUES
('to local midnight of the last day', 'Accredited', 'association', 'verified', '2026-11-20 22:59:59.999999+00'),
('not from it', 'Accredited', 'association', 'ZE118', '2026-11-20 23:00:00+00');
-- Each association registered people of its own.
INSERT INTO ecopanier.member (territory_id, display_name)
SELECT 1, n || ' ' || o.name FROM ecopanier.organisation o, unnest(ARRAY['Bruno', 'Benoit']) n WHERE o.kind = 'association' AND o.territory_id = 1;
INSERT INTO ecopanier.beneficiary (territory_id, member_id, organisation_id, state, valid_from, valid_until)
SELECT 1, m.id, o.id, CASE WHEN m.display_name LIKE 'Bruno%' THEN 'applied' ELSE 'verified' END, '2026-01-01', '2026-12-31'
FROM ecopanier.organisation o JOIN ecopanier.member m ON m.territory_id = 1 AND m.display_name IN ('Bruno ' || o.name, 'Benoit ' || o.name)
WHERE o.kind = 'association' AND o.territory_id = 1;
UPDATE decider SET person = 'Bruno ' || regexp_replace(name, 'Reader|Station', '') WHERE regexp_replace(name, 'Reader|Station', '') IN (SELECT o.name FROM ecopanier.organisation o WHERE kind = 'association');
INSERT INTO decider (says, name, role, expected) VALUES ('nobody of another association', 'Accredited', 'association', 'ZE101');
SELECT is(fixture.try(name, role, format($$SELECT ecopanier.verify_beneficiary(fixture.id(%L), '2026-12-31');
	SELECT 'verified'$$, person), at => at), expected, 'verify: ' || says) FROM decider ORDER BY n;
SELECT is(fixture.try(name, role, format($$SELECT ecopanier.refuse_beneficiary(fixture.id(%L), 'revenus'); SELECT 'verified'$$, person), at => at), expected,
	'refuse: ' || says) FROM decider ORDER BY n;
SELECT is(fixture.try(name, role, format($$SELECT ecopanier.suspend_beneficiary(fixture.id(%L), 'doublon'); SELECT 'verified'$$, replace(person, 'Bruno', 'Benoit')), at => at),
	expected, 'suspend: ' || says) FROM decider WHERE person LIKE 'Bruno%' ORDER BY n;
INSERT INTO step (says, name, role, statement, expected) VALUES
('a refusal needs a reason', 'Alice', 'association', $$SELECT ecopanier.refuse_beneficiary(fixture.id('Bruno'), NULL)$$, 'ZE117'),
('that says something', 'Alice', 'association', $$SELECT ecopanier.refuse_beneficiary(fixture.id('Bruno'), E' \t\n')$$, 'ZE117'),
('a suspension too', 'Adele', 'administrator', $$SELECT ecopanier.suspend_beneficiary(fixture.id('Benoit'), '')$$, 'ZE117'),
('dates in order', 'Alice', 'association', $$SELECT ecopanier.verify_beneficiary(fixture.id('Bruno'), '2026-11-19')$$, '23514'),
('a refusal with its reason', 'Alice', 'association', $$SELECT ecopanier.refuse_beneficiary(fixture.id('Bruno'), 'revenus')$$, ''),
('is readable by the person', 'Bruno', 'beneficiary', $$SELECT state || ' ' || reason FROM ecopanier.beneficiary$$, 'refused revenus'),
('and not by others', 'Benoit', 'beneficiary', $$SELECT string_agg(reason, '') FROM ecopanier.beneficiary$$, '1 row'),
('a refused right gives nothing', 'Bruno', 'beneficiary', $$INSERT INTO ecopanier.reservation (lot_id) VALUES (fixture.named('shown'))$$, 'ZE102'),
('a later yes', 'Alice', 'association', $$SELECT ecopanier.verify_beneficiary(fixture.id('Bruno'), '2026-12-31') IS NOT NULL$$, 'true'),
('notes who, for whom and from when', 'Bruno', 'beneficiary', $$SELECT concat_ws(' ', state, verified_by = fixture.id('Alice'), verified_for = fixture.organisation('CCAS'), valid_from, valid_until, reason) FROM ecopanier.beneficiary$$, 'verified t t 2026-11-20 2026-12-31'),
('a renewal keeps the code', 'Alice', 'association', $$SELECT b.ben_code::text = ecopanier.verify_beneficiary(member_id, '2027-06-29')::text FROM ecopanier.beneficiary b WHERE member_id = fixture.id('Bruno')$$, 'true'),
('an administrator''s too', 'Adele', 'administrator', $$SELECT ecopanier.verify_beneficiary(fixture.id('Bruno'), '2027-06-30')::text = ecopanier.verify_beneficiary(fixture.id('Bruno'), '2027-06-30')::text$$, 'true'),
('a suspension', 'Adele', 'administrator', $$SELECT ecopanier.suspend_beneficiary(fixture.id('Bruno'), 'doublon')$$, ''),
('is not a refusal', 'Adele', 'administrator', $$SELECT ecopanier.refuse_beneficiary(fixture.id('Bruno'), 'x')$$, 'ZE107'),
('and not repeated by a direct write', 'Adele', 'administrator', $$UPDATE ecopanier.beneficiary SET state = 'verified'$$, '42501'),
('registering gives person, role and application', 'Alice', 'association', $$SELECT ecopanier.register_beneficiary('Zoé', 'ar') IS NOT NULL$$, 'true'),
('which the service reads', 'Alice', 'association', $$SELECT count(*) || ' ' || min(b.state) FROM ecopanier.beneficiary b WHERE state = 'applied' AND member_id <> fixture.id('Alice')$$, '1 applied'),
('a reader registers nobody', 'CCASReader', 'association', $$SELECT ecopanier.register_beneficiary('Zoé')$$, '42501'),
('a merchant neither', 'Mona', 'merchant', $$SELECT ecopanier.register_beneficiary('Zoé')$$, '42501');
SELECT is(fixture.try(name, role, statement, territory, at, keep => true), expected, says) FROM step ORDER BY n;

\echo '# row security: what each role reads, in the own territory and never in the other'
CREATE FUNCTION fixture.read(relation text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	EXECUTE format('SELECT count(*) || CASE WHEN count(*) FILTER (WHERE territory_id <> ecopanier.current_territory()) > 0 THEN '' FOREIGN'' ELSE '''' END FROM ecopanier.%I', relation) INTO answer;
	RETURN answer;
END $$;
SELECT fixture.try('Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('elsewhere'))$$, 2, keep => true) \g /dev/null
SELECT fixture.name_lot('here', fixture.lot(5, 5)) \g /dev/null
SELECT fixture.try('Camille', 'customer', $$SELECT state FROM ecopanier.reserve(fixture.named('here'))$$, keep => true) \g /dev/null
CREATE TEMP TABLE matrix (relation text, camille text, benoit text, mona text, alice text, adele text, anon text);
INSERT INTO matrix VALUES
-- own row; own row; own row; own row; all
('member', '1', '1', '1', '1', (SELECT count(*) FROM ecopanier.member WHERE territory_id = 1)::text, '42501'),
('member_role', '1', '1', '1', '2', (SELECT count(*) FROM ecopanier.member_role WHERE territory_id = 1)::text, '42501'),
('organisation', '8', '8', '8', '8', '8', '42501'),
('organisation_staff', '42501', '42501', '3', '4', (SELECT count(*) FROM ecopanier.organisation_staff WHERE territory_id = 1)::text, '42501'),
('beneficiary', '42501', '1', '42501', (SELECT count(*) FROM ecopanier.beneficiary WHERE organisation_id = fixture.organisation('CCAS'))::text,
 (SELECT count(*) FROM ecopanier.beneficiary WHERE territory_id = 1 AND state = 'applied')::text, '42501'),
('lot', (SELECT count(*) FROM ecopanier.lot WHERE territory_id = 1 AND state <> 'draft')::text, (SELECT count(*) FROM ecopanier.lot WHERE territory_id = 1 AND state <> 'draft')::text,
 (SELECT count(*) FROM ecopanier.lot WHERE organisation_id = fixture.organisation('Boulangerie'))::text, (SELECT count(*) FROM ecopanier.lot WHERE organisation_id = fixture.organisation('CCAS'))::text,
 (SELECT count(*) FROM ecopanier.lot WHERE territory_id = 1)::text, '42501'),
('reservation', '2', '0', '42501', '42501', '42501', '42501'),
('setting', '42501', '42501', '42501', '42501', (SELECT count(*) FROM ecopanier.setting WHERE territory_id = 1)::text, '42501'),
('audit_event', '42501', '42501', '42501', '42501', (SELECT count(*) FROM ecopanier.audit_event WHERE territory_id = 1)::text, '42501'),
('lot_offer', '1', '1', '42501', '42501', '42501', '42501'),
('pickup_list', '42501', '42501', '2', '0', '42501', '42501');
SELECT is(fixture.try('Camille', 'customer', format('SELECT fixture.read(%L)', relation)), camille, relation || ' by a customer') FROM matrix;
SELECT is(fixture.try('Benoit', 'beneficiary', format('SELECT fixture.read(%L)', relation)), benoit, relation || ' by a beneficiary') FROM matrix;
SELECT is(fixture.try('Mona', 'merchant', format('SELECT fixture.read(%L)', relation)), mona, relation || ' by a merchant') FROM matrix;
SELECT is(fixture.try('Alice', 'association', format('SELECT fixture.read(%L)', relation)), alice, relation || ' by an association') FROM matrix;
SELECT is(fixture.try('Adele', 'administrator', format('SELECT fixture.read(%L)', relation)), adele, relation || ' by an administrator') FROM matrix;
SELECT is((fixture.attempt('api', 'ecopanier_anon', '{"role": "ecopanier_anon"}', format('SELECT fixture.read(%L)', relation))).state, anon, relation || ' by nobody') FROM matrix;
-- nobody with a role, and no claims: rights without a member read nothing
SELECT is(coalesce(a.state, a.value), CASE adele WHEN '42501' THEN '42501' ELSE '0' END, relation || ' by a role without a member')
FROM matrix, fixture.attempt('api', 'ecopanier_admin', '{"role": "ecopanier_admin"}', format('SELECT fixture.read(%L)', relation)) a;
-- writing across the border
SELECT is(fixture.try('Adele', 'administrator', statement), expected, statement) FROM (VALUES
	($$UPDATE ecopanier.member SET display_name = 'x' WHERE territory_id = 2$$, '0 rows'),
	($$UPDATE ecopanier.organisation SET name = 'x' WHERE territory_id = 2$$, '0 rows'),
	($$DELETE FROM ecopanier.member_role WHERE territory_id = 2$$, '0 rows'),
	($$DELETE FROM ecopanier.organisation_staff WHERE territory_id = 2$$, '0 rows'),
	($$INSERT INTO ecopanier.member (id, display_name) VALUES (ecopanier.new_id(2), 'x')$$, '22023'),
	($$INSERT INTO ecopanier.organisation (id, kind, name) VALUES (ecopanier.new_id(2), 'hub', 'x')$$, '22023')) v (statement, expected);

\echo '# every private table is closed to every role'
SELECT is(bool_or(has_table_privilege(r.rolname, c.oid, p)), false, format('%s on %s', p, c.oid::regclass))
FROM pg_class c, pg_roles r, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p
WHERE c.relnamespace = 'ecopanier_private'::regnamespace AND c.relkind IN ('r', 'v') AND r.rolname LIKE 'ecopanier\_%' AND r.rolname <> 'ecopanier_owner'
GROUP BY c.oid, p ORDER BY c.oid::regclass::text, p;
SELECT is(count(*), 0::bigint, 'self_check() finds nothing') FROM ecopanier.self_check() WHERE violations > 0;
SELECT * FROM finish();
