/*
 * Places on the earth: distances, and a flat picture of it in which an index
 * can look for what is near.  Nothing here needs a server.
 *
 * Everything is on the WGS 84 ellipsoid.  The flat picture is Mercator's, in
 * metres at the equator: it keeps angles, so that around a point it is larger
 * than the earth by the same factor in each direction, the scale.  What is far
 * in the picture is far on the earth: ecp_distance_in_picture() says how
 * far.  Each territory has a square of its own in the picture, so that what
 * lies in another is never near.
 */
#ifndef ECP_DISTANCE_CORE_H
#define ECP_DISTANCE_CORE_H

#include <stdbool.h>
#include <stdint.h>

#define ECP_RADIUS_MAX 100000.0	/* metres: no search reaches further */
#define ECP_LATITUDE_MAX 84.0	/* degrees: no search begins further north or south */
#define ECP_PICTURE_WIDTH 40075016.68557849	/* metres: 2 pi times the equatorial radius */

typedef struct EcpPlace
{
	double		latitude;		/* degrees north, WGS 84 */
	double		longitude;		/* degrees east */
} EcpPlace;

typedef struct EcpSpot
{
	double		x;				/* metres in the picture, the territory's square included */
	double		y;
} EcpSpot;

/* Where a search begins, with what each distance from there needs. */
typedef struct EcpCentre
{
	EcpPlace	place;
	double		sine;			/* of the reduced latitude */
	double		cosine;
} EcpCentre;

extern void ecp_centre_set(EcpCentre *centre, EcpPlace place);

/*
 * Metres between two places, along the shortest line on the ellipsoid, by
 * Lambert's formula: within two millionths below 1,000 km.  Not meant for
 * places at opposite ends of the earth, where it may be off by 0.3 percent.
 */
extern double ecp_distance(const EcpCentre *centre, EcpPlace place);

/* Whether the picture has the place: not above 85 degrees of latitude, further from any search than it reaches. */
extern bool ecp_spot_exists(EcpPlace place);

/* The place in the picture, in the square of the territory. */
extern EcpSpot ecp_spot(int32_t territory, EcpPlace place);

/*
 * How far in the picture everything lies that is this far or nearer on the
 * earth: whatever is further in the picture is further than distance.  For
 * centres and distances within the bounds above.
 */
extern double ecp_distance_in_picture(const EcpCentre *centre, double distance);

/* How far in the picture its edge is, the 180th meridian. */
extern double ecp_distance_to_edge(const EcpCentre *centre);

#endif							/* ECP_DISTANCE_CORE_H */
