INSERT INTO ecopanier.setting_definition (name, unit, minimum, maximum, default_value, description, source) VALUES
	('payment_hold', 'minutes', 5, 120, 15, 'How long a claim waits for its payment before it is cancelled and its units are offered again.', 'decision');
INSERT INTO ecopanier.setting (territory_id, name, value, valid_from, source)
SELECT t.id, d.name, d.default_value, '-infinity', d.source
FROM ecopanier.territory t CROSS JOIN ecopanier.setting_definition d
WHERE d.name = 'payment_hold';
