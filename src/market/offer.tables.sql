ALTER TABLE ecopanier.lot
	ADD COLUMN cold_class text,
	ADD COLUMN limit_celsius numeric(4,1),
	ADD COLUMN undated boolean NOT NULL DEFAULT false,
	ADD COLUMN origin text,
	ADD COLUMN farming_method text,
	ADD COLUMN nutri_score text,
	ADD COLUMN provenance text NOT NULL DEFAULT 'bought',
	ADD COLUMN labels text[] NOT NULL DEFAULT '{}',
	ADD COLUMN wishes text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN ecopanier.lot.cold_class IS 'How it is kept: a code of cold_class.';
COMMENT ON COLUMN ecopanier.lot.limit_celsius IS 'The limit temperature of its cold class when it was published, degrees Celsius.';
COMMENT ON COLUMN ecopanier.lot.undated IS 'Whether it is of a kind for which the law asks neither a use-by nor a best-before date, such as whole fruit or the day''s bread.';
COMMENT ON COLUMN ecopanier.lot.origin IS 'Where it was grown or made.';
COMMENT ON COLUMN ecopanier.lot.farming_method IS 'How it was grown or bred.';
COMMENT ON COLUMN ecopanier.lot.nutri_score IS 'Nutri-Score, a to e.';
COMMENT ON COLUMN ecopanier.lot.provenance IS 'bought, given, eu_funded, seized or undersized; the last three are given and never sold.';
COMMENT ON COLUMN ecopanier.lot.labels IS 'Labels it bears, such as organic: codes of label.';
COMMENT ON COLUMN ecopanier.lot.wishes IS 'Wishes it satisfies: codes of wish.';
GRANT INSERT (cold_class, undated, origin, farming_method, nutri_score, provenance, labels, wishes),
	UPDATE (cold_class, undated, origin, farming_method, nutri_score, provenance, labels, wishes)
	ON ecopanier.lot TO ecopanier_merchant, ecopanier_association;
