/*
 * Photos as they are handed in.
 */
#ifndef ECP_PHOTO_H
#define ECP_PHOTO_H

#include "postgres.h"

/* Raises ZE126 for no bytes and for too many. */
extern void ecp_photo_check_size(const bytea *photo);

/* SHA-256 of what is left of a photo when all but the picture is removed; raises ZE126. */
extern bytea *ecp_photo_digest(const bytea *photo);

#endif							/* ECP_PHOTO_H */
