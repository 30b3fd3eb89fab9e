-- The catalogue for persons: complete, consistent, kind to missing values.

-- Every code and every verdict has an entry in every language, and nothing else has.
CREATE TEMP TABLE expected_code AS
	SELECT code FROM ecopanier.error_code()
	UNION ALL
	SELECT unnest(ARRAY['handed_over', 'wrong_pin', 'locked', 'invalid', 'expired',
		'already_collected', 'cancelled', 'too_early', 'too_late', 'not_signed_in',
		'kiosk_greeting', 'kiosk_units', 'kiosk_limit', 'kiosk_right', 'kiosk_baskets', 'kiosk_no_baskets', 'kiosk_offers',
		'kiosk_no_offers', 'kiosk_pickup', 'kiosk_leave', 'kiosk_refused', 'kiosk_locked', 'kiosk_not_possible'])
	UNION ALL
	-- What members are told of events: a body and a title each.
	SELECT kind || part FROM unnest(ARRAY['reservation.held', 'reservation.reminder', 'reservation.collected', 'reservation.cancelled', 'reservation.recalled',
		'reservation.lapsed', 'reservation.unconfirmed', 'right.verified', 'right.refused', 'right.suspended', 'right.restricted',
		'right.expiring', 'right.expired', 'organisation.active', 'organisation.suspended', 'organisation.closed', 'lot.ending',
		'lot.nearby', 'lot.favourite', 'template.failed', 'allotment.allotted', 'allotment.already_holds', 'allotment.not_enough_units',
		'allotment.paused', 'allotment.quota_reached', 'allotment.right_ended', 'allotment.round_cancelled', 'allotment.withdrew']) kind, unnest(ARRAY['', '.title']) part
	UNION ALL
	-- Around them in a mail; and what merchants are told of a photo.
	SELECT unnest(ARRAY['mail.subject', 'mail.greeting', 'mail.qr', 'mail.qr.alt', 'mail.footer', 'model_busy', 'model_silent', 'model_refused',
		'photo_refused', 'photo_blocked', 'nothing_seen', 'answer_unusable'])
	UNION ALL
	SELECT unnest(ARRAY['standing_clear', 'standing_counted', 'standing_reduced']);
CREATE TEMP TABLE expected_entry AS
	SELECT code, language
	FROM expected_code, unnest(ARRAY['fr', 'en', 'es', 'ar']) AS language;
SELECT count(*) >= 30 AS codes_are_there FROM expected_code;

(SELECT code, language, 'missing' AS fault FROM expected_entry
 EXCEPT SELECT code, language, 'missing' FROM ecopanier.message_catalogue())
UNION ALL
(SELECT code, language, 'unexpected' FROM ecopanier.message_catalogue()
 EXCEPT SELECT code, language, 'unexpected' FROM expected_entry)
ORDER BY code, language;
SELECT code, language, count(*) FROM ecopanier.message_catalogue()
GROUP BY code, language HAVING count(*) > 1;

-- The codes are of class ZE, each with a name of its own and one sentence.
SELECT code, name, meaning FROM ecopanier.error_code()
WHERE code !~ '^ZE[0-9]{3}$' OR name !~ '^[a-z]+(_[a-z]+)*$' OR meaning !~ '^[A-Z].*[^.]\.$';
SELECT count(*) - count(DISTINCT code) AS same_code, count(*) - count(DISTINCT name) AS same_name
FROM ecopanier.error_code();

-- The reference lists them with the same words.
\set reference `cat "${PG_ABS_SRCDIR:-.}/doc/reference.md"`
SELECT code, name FROM ecopanier.error_code()
WHERE strpos(:'reference', format('| `%s` | `%s` | %s |', code, name, meaning)) = 0;

-- The languages of a sentence have the same placeholders, each in an optional part.
CREATE TEMP TABLE used_placeholder AS
	SELECT code, language, m[1] AS placeholder
	FROM ecopanier.message_catalogue(), regexp_matches(template, '%\{([^}]*)\}', 'g') AS m;
SELECT code, placeholder, array_agg(DISTINCT language) AS only_in
FROM used_placeholder GROUP BY code, placeholder HAVING count(DISTINCT language) < 4;
SELECT code, language, placeholder FROM used_placeholder WHERE placeholder !~ '^[a-z]+(_[a-z]+)*$';
SELECT code, language, template FROM ecopanier.message_catalogue()
WHERE regexp_replace(template, '\[[^][]*%\{[^][]*\]', '', 'g') ~ '[][{}]';
SELECT code, string_agg(DISTINCT placeholder, ', ' ORDER BY placeholder) AS placeholders
FROM used_placeholder GROUP BY code ORDER BY code COLLATE "C";
SELECT code, placeholder FROM used_placeholder WHERE language = 'fr'
	AND strpos(regexp_replace(:'reference', '\s+', ' ', 'g'), format('`%s`', placeholder)) = 0;

-- Without values and with all of them a sentence is whole.
CREATE TEMP TABLE rendered AS
	SELECT code, language,
		ecopanier.message(code, language) AS bare,
		ecopanier.message(code, language, (SELECT coalesce(jsonb_object_agg(u.placeholder, 'v_' || u.placeholder), '{}')
			FROM used_placeholder u WHERE u.code = e.code AND u.language = e.language)) AS whole
	FROM expected_entry e;
SELECT code, language, bare, whole FROM rendered
WHERE bare ~ '[][{}]|  |^ | $| [.,]|\(\)' OR whole ~ '[][{}]|  |^ | $| [.,]|\(\)'
	OR code !~ '\.(title|subject|greeting|alt)$' AND (bare !~ '[.!]$' OR whole !~ '[.!]$') OR length(whole) > CASE WHEN code LIKE '%.title' THEN 40 ELSE 250 END;
SELECT r.code, r.language, u.placeholder FROM rendered r JOIN used_placeholder u USING (code, language)
WHERE strpos(whole, 'v_' || placeholder) = 0;

-- Each text is in its language's letters, and no two languages share one.
SELECT code, language, bare FROM rendered
WHERE (language = 'ar') IS DISTINCT FROM (bare ~ '[\u0621-\u064A]{3}')
	OR language = 'ar' AND regexp_replace(bare, '\y(QR|JPEG|PNG|WebP)\y', '', 'g') ~ '[A-Za-z]'
	OR language = 'en' AND bare ~ '[^\u0001-\u007F]';
SELECT bare, array_agg(code || ' ' || language) FROM rendered WHERE code !~ '^allotment[.].*[.]title$' GROUP BY bare HAVING count(*) > 1;
SELECT language, count(*) > 10 AS has_accents FROM rendered
WHERE bare ~ '[àâéèêëîïôùûçñáíóú]' GROUP BY language ORDER BY language;

-- French puts a no-break space before its double punctuation.
SELECT code, bare FROM rendered WHERE language = 'fr' AND whole ~ '[^\u00A0][:!%?;]';

-- What is said at a hand-over is the same for a paid and for a free basket.
SELECT code, language, whole FROM rendered
WHERE code !~ '^(ZE|standing_)' AND whole ~* 'gratuit|free|gratis|grat[uo]|مجان|prix|price|precio|€|سعر|solidar';

-- Values: strings, numbers, null, several, unused names, no second expansion.
SELECT ecopanier.message('wrong_pin', 'en', args::jsonb) FROM (VALUES
	('{"left": 3}'), ('{"left": "three"}'), ('{"left": 0}'), ('{"left": null}'), ('{}'), (NULL),
	('{"right": 3}'), ('{"left": 3, "unused": [1]}'), ('{"left": "%{left} [x]"}'), ('{"left": ""}')) AS v (args);
SELECT ecopanier.message('ZE109', 'en', args::jsonb) FROM (VALUES
	('{"min": 30, "max": 70}'), ('{"min": 30}'), ('{"max": 70}')) AS v (args);
SELECT ecopanier.message('ZE105', 'en', args::jsonb) FROM (VALUES
	('{"limit": 2, "left": 1}'), ('{"limit": 2}'), ('{"left": 1}')) AS v (args);
SELECT ecopanier.message('ZE108', 'fr', '{"use_by": "2026-11-22"}');
SELECT strpos(ecopanier.message('ZE108', 'ar', '{"use_by": "2026-11-22"}'),
	E'(\u20682026-11-22\u2069)') > 0 AS value_keeps_its_place;

-- Languages: the region is ignored, an unknown one is French.
SELECT language, ecopanier.message('ZE117', language) FROM (VALUES
	('fr'), ('fr-FR'), ('FR_fr'), ('en-GB'), ('EN'), ('es-419'), ('de'), ('english'), ('e'), (''), ('-'), (NULL)) AS v (language);
SELECT ecopanier.message('ZE117', 'ar-MA') = ecopanier.message('ZE117', 'ar') AS arabic_with_a_region;
SELECT ecopanier.message('ZE117', repeat('x', 100000)) = ecopanier.message('ZE117', 'fr') AS long_language;

-- Codes and arguments that are refused.
SELECT ecopanier.message(NULL, 'fr') IS NULL AS null_code;
CREATE FUNCTION pg_temp.outcome(code text, args jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN ecopanier.message(code, 'en', args);
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT pg_temp.outcome(code, args::jsonb) FROM (VALUES
	('ZE999', '{}'), ('ze104', '{}'), ('ZE104 ', '{}'), ('ZE10', '{}'), ('sold_out', '{}'), ('', '{}'), (repeat('é', 1000), '{}'),
	('wrong_pin', '[3]'), ('wrong_pin', '3'), ('wrong_pin', 'null'),
	('wrong_pin', '{"left": [3]}'), ('wrong_pin', '{"left": {"a": 1}}'), ('wrong_pin', '{"left": true}')) AS v (code, args);

-- Who may call, and what the planner may assume.
SELECT proname, provolatile, proparallel, proisstrict,
	array(SELECT coalesce(rolname, 'PUBLIC') FROM aclexplode(proacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
		WHERE privilege_type = 'EXECUTE' AND a.grantee <> proowner ORDER BY 1) AS callers
FROM pg_proc WHERE pronamespace = 'ecopanier'::regnamespace AND proname IN ('message', 'message_catalogue', 'error_code')
ORDER BY proname COLLATE "C";
