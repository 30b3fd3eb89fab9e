/*
 * Photos as they are handed in.
 */
#ifndef ECP_PHOTO_H
#define ECP_PHOTO_H

#include "postgres.h"

#include "common/trigger.h"

/* Raises ZE126 for no bytes and for too many. */
extern void ecp_photo_check_size(const bytea *photo);

/* SHA-256 of what is left of a photo when all but the picture is removed; raises ZE126. */
extern bytea *ecp_photo_digest(const bytea *photo);

/* Cleans the bytes of a new row and fills what is known of them: sha256, media_type, width, height, orientation.  Raises ZE126. */
extern void ecp_photo_fill(EcpRow *row);

#endif							/* ECP_PHOTO_H */
