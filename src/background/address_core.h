/*
 * Which addresses of the Internet may be called.
 */
#ifndef ECP_ADDRESS_CORE_H
#define ECP_ADDRESS_CORE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether an address, 4 or 16 bytes in network order, is one of a public server:
 * neither loopback, private, link-local, shared (CGNAT), multicast, unspecified,
 * reserved, of documentation or benchmarks, nor one by which clouds give
 * machines their metadata.  An IPv6 address that carries an IPv4 address is as
 * public as that one.
 */
extern bool ecp_address_is_public(const unsigned char *bytes, size_t length);

#endif							/* ECP_ADDRESS_CORE_H */
