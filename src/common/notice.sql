DO $notice$
BEGIN
	RAISE NOTICE 'ecopanier: run SELECT ecopanier.install(); to make the tables';
END
$notice$;
