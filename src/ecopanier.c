/*
 * The door: magic block and what runs when the library is loaded.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "background/settings.h"
#include "beneficiary/contact.h"
#include "common/clock.h"
#include "common/install.h"
#include "compat.h"
#include "crypto/keys.h"
#include "identity/context.h"
#include "listing/settings.h"
#include "outbox/settings.h"
#include "privacy/consent.h"
#include "service/service.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	ecp_clock_init();
	ecp_install_init();
	ecp_context_init();
	ecp_crypto_init();
	ecp_service_init();
	ecp_background_init();
	ecp_outbox_init();
	ecp_listing_init();
	ecp_contact_consent = ecp_consent_given;
	ecp_install_then(ecp_keys_install);
	MarkGUCPrefixReserved("ecopanier");
}
