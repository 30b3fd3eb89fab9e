/*
 * What models cost.  Prices are those of their sources; a dollar counts as a euro, which is more than it is worth, until the
 * operator adds rows of his own.
 */
CREATE TABLE ecopanier.model_price (
	provider text NOT NULL CONSTRAINT model_price_provider_check CHECK (provider IN ('gemini', 'openai')),
	model text NOT NULL CONSTRAINT model_price_model_check CHECK (length(model) BETWEEN 1 AND 100),
	valid_from timestamptz NOT NULL,
	input_micro_eur bigint NOT NULL CONSTRAINT model_price_input_check CHECK (input_micro_eur BETWEEN 0 AND 1000000000),
	output_micro_eur bigint NOT NULL CONSTRAINT model_price_output_check CHECK (output_micro_eur BETWEEN 0 AND 1000000000),
	source text NOT NULL CONSTRAINT model_price_source_check CHECK (length(btrim(source)) > 0 AND length(source) <= 1000),
	PRIMARY KEY (provider, model, valid_from)
);
COMMENT ON TABLE ecopanier.model_price IS
'What a million tokens of a model cost, from a day on; the same for all territories. The cost of a call is noted with it and stays as it was.
A superuser adds rows; a model without one costs nothing.';
COMMENT ON COLUMN ecopanier.model_price.provider IS 'The setting ecopanier.model_provider.';
COMMENT ON COLUMN ecopanier.model_price.model IS 'The setting ecopanier.model.';
COMMENT ON COLUMN ecopanier.model_price.valid_from IS 'From when; the latest that has begun counts.';
COMMENT ON COLUMN ecopanier.model_price.input_micro_eur IS 'Price of a million tokens of questions, photos included, millionths of a euro.';
COMMENT ON COLUMN ecopanier.model_price.output_micro_eur IS 'Price of a million tokens of answers, thoughts included, millionths of a euro.';
COMMENT ON COLUMN ecopanier.model_price.source IS 'Where the price is from.';
INSERT INTO ecopanier.model_price (provider, model, valid_from, input_micro_eur, output_micro_eur, source) VALUES
	('gemini', 'gemini-3.8-flash', '2026-09-02 00:00+00', 750000, 3750000,
		'ai.google.dev/gemini-api/docs/pricing, read in October 2026: 0.75 and 3.75 dollars through December 31, 2026; a dollar counted as a euro'),
	('gemini', 'gemini-3.8-flash', '2027-01-01 00:00+00', 1500000, 7500000,
		'the same: 1.50 and 7.50 dollars from January 1, 2027; a dollar counted as a euro');
CREATE TRIGGER model_price_caller BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ecopanier.model_price
	FOR EACH STATEMENT EXECUTE FUNCTION ecopanier.caller_guard();
ALTER TABLE ecopanier.model_price ENABLE ROW LEVEL SECURITY;
CREATE POLICY model_price_all_select ON ecopanier.model_price FOR SELECT TO ecopanier_merchant, ecopanier_association, ecopanier_admin
	USING (true);
COMMENT ON POLICY model_price_all_select ON ecopanier.model_price IS 'Prices are the same for everybody.';
GRANT SELECT ON ecopanier.model_price TO ecopanier_merchant, ecopanier_association, ecopanier_admin;
