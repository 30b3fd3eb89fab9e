/*
 * distance_core.c
 *		Unit tests of distances and of the flat picture.
 *
 * Distances: the table test/lib/data/distances.csv, whose source README.md there
 * names.  Picture: random places around random centres, near the 180th meridian
 * and up to the highest latitude; none that is within a distance lies further in
 * the picture than ecp_distance_in_picture() says.
 *
 * cores: src/find/distance_core.c
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "find/distance_core.h"

#include "tap.h"

#define TRIES 200000

static double
between(EcpPlace a, EcpPlace b)
{
	EcpCentre	centre;

	ecp_centre_set(&centre, a);
	return ecp_distance(&centre, b);
}

static void
test_table(void)
{
	FILE	   *table = fopen("test/lib/data/distances.csv", "r");
	char		line[300];
	int			rows = 0;

	while (table && fgets(line, sizeof(line), table))
	{
		char		from[100];
		char		to[100];
		EcpPlace	a;
		EcpPlace	b;
		double		metres;
		double		bound;

		if (sscanf(line, "%99[^,],%lf,%lf,%99[^,],%lf,%lf,%lf", from, &a.latitude, &a.longitude, to, &b.latitude, &b.longitude, &metres) != 7)
			continue;
		rows++;
		bound = metres < 1000000 ? metres * 2e-6 : metres * 5e-6;
		tap_ok(fabs(between(a, b) - metres) <= bound, "%s to %s: %.3f, in the table %.3f m", from, to, between(a, b), metres);
		tap_ok(fabs(between(b, a) - between(a, b)) < 1e-6 * metres, "and back");
	}
	if (table)
		fclose(table);
	tap_ok(rows == 27, "the table was read");
}

static void
test_ends(void)
{
	EcpPlace	poitiers = {46.58, 0.34};
	EcpPlace	north = {90, 0};
	EcpPlace	south = {-90, 77};
	EcpPlace	one = {0, 0};
	EcpPlace	other = {0, 180};

	tap_ok(between(poitiers, poitiers) == 0, "a place is no way from itself");
	tap_ok(fabs(between((EcpPlace) {10, 180}, (EcpPlace) {10, -180})) < 0.001, "nor from its other name on the 180th meridian");
	tap_ok(fabs(between(north, (EcpPlace) {90, 123})) < 0.001, "a pole has all longitudes");
	tap_ok(fabs(between(north, south) - 20003931.5) < 20003931.5 * 0.004, "from pole to pole");
	tap_ok(isfinite(between(one, other)) && fabs(between(one, other) - 20003931.5) < 20003931.5 * 0.004, "opposite places: %.0f", between(one, other));
	tap_ok(fabs(between(poitiers, (EcpPlace) {46.58, 0.340013}) - 0.996) < 0.002, "a metre: %.4f", between(poitiers, (EcpPlace) {46.58, 0.340013}));
}

static double
uniform(double from, double to)
{
	return from + (to - from) * ((double) rand() / RAND_MAX);
}

/* A place about so far from the centre. */
static EcpPlace
place_around(EcpPlace centre, double metres)
{
	double		angle = uniform(0, 6.283185307);
	double		north = metres * cos(angle) / 111000;
	double		east = metres * sin(angle) / (111000 * cos(centre.latitude * 0.017453292));
	EcpPlace	place = {centre.latitude + north, centre.longitude + east};

	if (place.longitude > 180)
		place.longitude -= 360;
	if (place.longitude < -180)
		place.longitude += 360;
	return place;
}

static double
in_picture(EcpPlace a, EcpPlace b)
{
	EcpSpot		one = ecp_spot(7, a);
	EcpSpot		two = ecp_spot(7, b);
	double		beside = fabs(one.x - two.x);

	return hypot(fmin(beside, ECP_PICTURE_WIDTH - beside), one.y - two.y);
}

static void
test_picture(void)
{
	int			beyond = 0;
	int			loose = 0;
	int			edges = 0;
	int			i;

	srand(5);
	for (i = 0; i < TRIES; i++)
	{
		EcpPlace	a = {uniform(-ECP_LATITUDE_MAX, ECP_LATITUDE_MAX), i % 2 ? uniform(-180, 180) : uniform(179, 180)};
		EcpPlace	b = place_around(a, pow(10, uniform(0, 5)));
		EcpCentre	centre;
		double		distance;
		double		most;

		ecp_centre_set(&centre, a);
		distance = ecp_distance(&centre, b);
		if (distance > ECP_RADIUS_MAX || !ecp_spot_exists(b))
			continue;
		most = ecp_distance_in_picture(&centre, distance);
		beyond += in_picture(a, b) > most;
		loose += fabs(a.latitude) < 60 && most > in_picture(a, b) * 1.06 + 0.1;
		edges += (a.longitude > 0) != (b.longitude > 0) && fabs(a.longitude) > 90 && most < ecp_distance_to_edge(&centre);
	}
	tap_ok(beyond == 0, "what is within a distance is within its picture: %d beyond", beyond);
	tap_ok(loose == 0, "which is hardly larger: %d", loose);
	tap_ok(edges == 0, "what lies beyond the 180th meridian is beyond the picture's edge: %d", edges);
	tap_ok(ecp_spot_exists((EcpPlace) {85, 0}) && !ecp_spot_exists((EcpPlace) {-85.01, 0}), "the picture ends at 85 degrees");
}

/* Each territory has its own square: 10,000 km lie between any two pictures. */
static void
test_squares(void)
{
	static const int numbers[] = {1, 2, 3, 4, 5, 16, 255, 256, 65535, 65536, 699050, 699051, 1048574, 1048575};
	int			count = sizeof(numbers) / sizeof(numbers[0]);
	int			near = 0;
	int			i;
	int			j;

	for (i = 0; i < count; i++)
		for (j = 0; j < i; j++)
		{
			EcpSpot		one = ecp_spot(numbers[i], (EcpPlace) {0, 0});
			EcpSpot		two = ecp_spot(numbers[j], (EcpPlace) {0, 0});

			near += fabs(one.x - two.x) < 49999999 && fabs(one.y - two.y) < 49999999;
		}
	tap_ok(near == 0, "no territory's picture touches another's");
	for (i = 1, near = 0; i < 1048575; i++)
	{
		EcpSpot		spot = ecp_spot(i, (EcpPlace) {46, 0});

		near += spot.x > 1023 * 50000000.0 + 1 || spot.x < 0;
	}
	tap_ok(near == 0, "the largest number stays within 1,023 squares");
}

int
main(void)
{
	test_table();
	test_ends();
	test_picture();
	test_squares();
	return tap_failed != 0;
}
