/*
 * The settings of this room.
 */
#ifndef ECP_LISTING_SETTINGS_H
#define ECP_LISTING_SETTINGS_H

typedef enum EcpProvider
{
	ECP_PROVIDER_GEMINI,
	ECP_PROVIDER_OPENAI
} EcpProvider;

/* Defines them; called once, from _PG_init(). */
extern void ecp_listing_init(void);

/* The base address of the provider, ecopanier.model_endpoint or the provider's own; circuits count by it. */
extern const char *ecp_model_endpoint(void);

extern EcpProvider ecp_model_provider(void);
extern const char *ecp_model_name(void);
extern const char *ecp_model_thinking(void);	/* empty: not said */
extern int	ecp_model_max_tokens(void);
extern int	ecp_model_timeout(void);	/* milliseconds */

#endif							/* ECP_LISTING_SETTINGS_H */
