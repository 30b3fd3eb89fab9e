/*
 * The kinds of files that import_official_codes() reads: their columns, in the
 * order of the file, and the statement that loads a batch of them.  A statement
 * gets the values of each column as text, the empty text where the file has
 * nothing; what it may find in them was checked before.  A row that changes
 * nothing is not written again.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "territory/import.h"

#define TEXT_ARRAYS_4 {TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID}
#define TEXT_ARRAYS_5 {TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID}
#define TEXT_ARRAYS_6 {TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID}
#define TEXT_ARRAYS_13 {TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, \
	TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID}

/* Two imports of a kind would update the same rows in different orders. */
#define LOCK(table) {"LOCK TABLE ecopanier." table " IN SHARE ROW EXCLUSIVE MODE", 0, {0}, NULL}

#define COMMUNE_ROWS \
	"FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) " \
	"AS f(insee, name, type, department, region, zone, epci, ept, siren, population, post_codes, parent, time_zone) "

static EcpImportKind kinds[] = {
	{
		"region", "region", "regions", "code,nom,chef_lieu,zone", 4,
		{
			{"code", ECP_RULE_REGION_CODE},
			{"nom", ECP_RULE_NAME},
			{"chef_lieu", ECP_RULE_SEAT},
			{"zone", ECP_RULE_ZONE}
		},
		LOCK("region"),
		{
			"INSERT INTO ecopanier.region AS r (code, name, seat, zone) "
			"SELECT f.code, f.name, f.seat, f.zone FROM unnest($1, $2, $3, $4) AS f(code, name, seat, zone) "
			"ON CONFLICT (code) DO UPDATE SET name = excluded.name, seat = excluded.seat, zone = excluded.zone "
			"WHERE (r.name, r.seat, r.zone) IS DISTINCT FROM (excluded.name, excluded.seat, excluded.zone)",
			4, TEXT_ARRAYS_4, NULL
		},
		{0}
	},
	{
		"department", "department", "departments", "code,nom,region,chef_lieu,zone", 5,
		{
			{"code", ECP_RULE_DEPARTMENT_CODE},
			{"nom", ECP_RULE_NAME},
			{"region", ECP_RULE_REGION},
			{"chef_lieu", ECP_RULE_SEAT},
			{"zone", ECP_RULE_ZONE}
		},
		LOCK("department"),
		{
			"INSERT INTO ecopanier.department AS d (code, name, region_code, seat, zone) "
			"SELECT f.code, f.name, f.region, f.seat, f.zone "
			"FROM unnest($1, $2, $3, $4, $5) AS f(code, name, region, seat, zone) "
			"ON CONFLICT (code) DO UPDATE SET name = excluded.name, region_code = excluded.region_code, "
			"seat = excluded.seat, zone = excluded.zone "
			"WHERE (d.name, d.region_code, d.seat, d.zone) "
			"IS DISTINCT FROM (excluded.name, excluded.region_code, excluded.seat, excluded.zone)",
			5, TEXT_ARRAYS_5, NULL
		},
		{0}
	},
	{
		"epci", "EPCI", "EPCI", "siren,nom,type,mode_financement,population_municipale,nb_communes", 6,
		{
			{"siren", ECP_RULE_EPCI_CODE},
			{"nom", ECP_RULE_NAME},
			{"type", ECP_RULE_KIND},
			{"mode_financement", ECP_RULE_KIND},
			{"population_municipale", ECP_RULE_POPULATION},
			{"nb_communes", ECP_RULE_COUNT}
		},
		LOCK("epci"),
		{
			"INSERT INTO ecopanier.epci AS e (siren, name, kind, funding_mode, population, commune_count) "
			"SELECT f.siren, f.name, f.kind, f.funding, nullif(f.population, '')::int, nullif(f.communes, '')::int "
			"FROM unnest($1, $2, $3, $4, $5, $6) AS f(siren, name, kind, funding, population, communes) "
			"ON CONFLICT (siren) DO UPDATE SET name = excluded.name, kind = excluded.kind, "
			"funding_mode = excluded.funding_mode, population = excluded.population, "
			"commune_count = excluded.commune_count "
			"WHERE (e.name, e.kind, e.funding_mode, e.population, e.commune_count) IS DISTINCT FROM "
			"(excluded.name, excluded.kind, excluded.funding_mode, excluded.population, excluded.commune_count)",
			6, TEXT_ARRAYS_6, NULL
		},
		{0}
	},
	{
		"commune", "commune", "communes",
		"insee,nom,type,departement,region,zone,epci_siren,ept_siren,siren,population,codes_postaux,chef_lieu,fuseau",
		13,
		{
			{"insee", ECP_RULE_COMMUNE_CODE},
			{"nom", ECP_RULE_NAME},
			{"type", ECP_RULE_TYPE},
			{"departement", ECP_RULE_DEPARTMENT},
			{"region", ECP_RULE_DEPARTMENT_REGION},
			{"zone", ECP_RULE_ZONE},
			{"epci_siren", ECP_RULE_EPCI},
			{"ept_siren", ECP_RULE_SIREN},
			{"siren", ECP_RULE_SIREN},
			{"population", ECP_RULE_POPULATION},
			{"codes_postaux", ECP_RULE_POST_CODES},
			{"chef_lieu", ECP_RULE_PARENT},
			{"fuseau", ECP_RULE_TIME_ZONE}
		},
		LOCK("commune"),
		{
			"INSERT INTO ecopanier.commune AS c (insee, name, department_code, region_code, zone, epci_siren, "
			"ept_siren, siren, population, post_codes, time_zone) "
			"SELECT f.insee, f.name, f.department, f.region, f.zone, nullif(f.epci, ''), nullif(f.ept, ''), "
			"nullif(f.siren, ''), nullif(f.population, '')::int, string_to_array(f.post_codes, '|'), "
			"nullif(f.time_zone, '') "
			COMMUNE_ROWS
			"ON CONFLICT (insee) DO UPDATE SET name = excluded.name, department_code = excluded.department_code, "
			"region_code = excluded.region_code, zone = excluded.zone, epci_siren = excluded.epci_siren, "
			"ept_siren = excluded.ept_siren, siren = excluded.siren, population = excluded.population, "
			"post_codes = excluded.post_codes, time_zone = excluded.time_zone "
			"WHERE (c.name, c.department_code, c.region_code, c.zone, c.epci_siren, c.ept_siren, c.siren, "
			"c.population, c.post_codes, c.time_zone) IS DISTINCT FROM (excluded.name, excluded.department_code, "
			"excluded.region_code, excluded.zone, excluded.epci_siren, excluded.ept_siren, excluded.siren, "
			"excluded.population, excluded.post_codes, excluded.time_zone)",
			13, TEXT_ARRAYS_13, NULL
		},
		{
			"INSERT INTO ecopanier.arrondissement AS a (insee, commune_insee, name, population, post_codes) "
			"SELECT f.insee, f.parent, f.name, nullif(f.population, '')::int, string_to_array(f.post_codes, '|') "
			COMMUNE_ROWS
			"ON CONFLICT (insee) DO UPDATE SET commune_insee = excluded.commune_insee, name = excluded.name, "
			"population = excluded.population, post_codes = excluded.post_codes "
			"WHERE (a.commune_insee, a.name, a.population, a.post_codes) IS DISTINCT FROM "
			"(excluded.commune_insee, excluded.name, excluded.population, excluded.post_codes)",
			13, TEXT_ARRAYS_13, NULL
		}
	}
};

EcpImportKind *
ecp_import_kind(const char *name)
{
	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown kind of codes \"%s\"", name),
			 errhint("The kinds are region, department, epci and commune, imported in this order.")));
}
