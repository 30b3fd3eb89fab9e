/*
 * Distances and the flat picture; see distance_core.h.
 *
 * Distance: W. D. Lambert, "The distance between two widely separated points on
 * the surface of the earth", J. Washington Academy of Sciences 32 (1942): the
 * great circle between reduced latitudes, corrected to the first order in the
 * flattening.  What is left out is of the second, at most 1e-5.
 *
 * Picture: Mercator's projection of the ellipsoid, EPSG 3395 (J. P. Snyder, "Map
 * projections", USGS 1395, 1987, formulas 7-6 to 7-8).  Its scale at a latitude
 * is sqrt(1 - e2 sin2) / cos.
 */
#include <math.h>

#include "find/distance_core.h"

#define PI 3.14159265358979323846
#define A 6378137.0				/* WGS 84: equatorial radius, metres */
#define FLATTENING (1 / 298.257223563)
#define E2 (FLATTENING * (2 - FLATTENING))
#define RADIANS(degrees) ((degrees) * (PI / 180))

#define SPOT_LATITUDE_MAX 85.0	/* a degree is more than ECP_RADIUS_MAX */
#define SQUARE 50000000.0		/* side of a territory's square: the picture is 40,075,017 m wide */
#define ALLOWANCE 1.0001		/* for what ecp_distance() leaves out */

static double
reduced_latitude(double latitude)
{
	return atan((1 - FLATTENING) * tan(RADIANS(latitude)));
}

void
ecp_centre_set(EcpCentre *centre, EcpPlace place)
{
	double		latitude = reduced_latitude(place.latitude);

	centre->place = place;
	centre->sine = sin(latitude);
	centre->cosine = cos(latitude);
}

static double
square(double x)
{
	return x * x;
}

double
ecp_distance(const EcpCentre *centre, EcpPlace place)
{
	double		latitude = reduced_latitude(place.latitude);
	double		sine = sin(latitude);
	double		cosine = cos(latitude);
	double		half = sin(RADIANS(place.longitude - centre->place.longitude) / 2);
	double		chord = (square(centre->cosine - cosine) + square(centre->sine - sine)) / 4 + centre->cosine * cosine * square(half);
	double		angle;
	double		sum;
	double		difference;

	if (chord <= 0)
		return 0;
	if (chord >= 1)
		return PI * A;
	angle = 2 * asin(sqrt(chord));
	/* with P and Q half the sum and half the difference of the latitudes: sin2 P cos2 Q, cos2 P sin2 Q */
	sum = square(centre->sine + sine) / 4;
	difference = square(centre->sine - sine) / 4;
	return A * (angle - FLATTENING / 2 * ((angle - sin(angle)) * sum / (1 - chord) + (angle + sin(angle)) * difference / chord));
}

bool
ecp_spot_exists(EcpPlace place)
{
	return fabs(place.latitude) <= SPOT_LATITUDE_MAX;
}

/* Every second bit of a number, from the lowest. */
static int
every_second_bit(uint32_t number)
{
	int			bits = 0;
	int			i;

	for (i = 0; i < 16; i++)
		bits |= (int) ((number >> (2 * i)) & 1) << i;
	return bits;
}

/* Territories with small numbers lie near the origin: coordinates stay short. */
EcpSpot
ecp_spot(int32_t territory, EcpPlace place)
{
	double		e = sqrt(E2);
	double		sine = sin(RADIANS(place.latitude));

	return (EcpSpot) {
		.x = A * RADIANS(place.longitude) + SQUARE * every_second_bit((uint32_t) territory),
		.y = A * (atanh(sine) - e * atanh(e * sine)) + SQUARE * every_second_bit((uint32_t) territory >> 1)
	};
}

/*
 * A line of this length stays within that many degrees of latitude (a degree
 * is shortest at the equator); in the picture it is longer by no more than the
 * largest scale on its way, and the straight line there is no longer than it.
 */
double
ecp_distance_in_picture(const EcpCentre *centre, double distance)
{
	double		most = distance * ALLOWANCE;
	double		latitude = fabs(RADIANS(centre->place.latitude)) + most / (A * (1 - E2));

	return most * sqrt(1 - E2 * square(sin(latitude))) / cos(latitude) + 0.01;
}

double
ecp_distance_to_edge(const EcpCentre *centre)
{
	return ECP_PICTURE_WIDTH / 2 - A * fabs(RADIANS(centre->place.longitude));
}
