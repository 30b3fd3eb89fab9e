/*
 * credentials.c
 *		Fuzz target: any bytes as credentials file; what has no fault gives back
 *		each of its values by name, and gets a fault from a name twice.
 *
 * cores: src/crypto/credentials_core.c
 */
#include "crypto/credentials_core.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = fuzz_copy(data, size);
	char	   *twice = fuzz_room(2 * size + 4);
	int			fault = ecp_core_credentials_fault(text, size);
	const char *value;
	size_t		len;

	demand(fault >= 0 && (size_t) fault <= size);
	if (ecp_core_credential(text, size, "a", &value, &len))
	{
		demand(value >= text && value + len <= text + size && len >= 1 && len <= ECP_CREDENTIAL_VALUE_MAX);
		for (size_t i = 0; i < len; i++)
			demand((unsigned char) value[i] >= ' ');
		demand(value[0] != ' ' && value[len - 1] != ' ');
		memcpy(twice, text, size);
		twice[size] = '\n';
		memcpy(twice + size + 1, text, size);
		demand(ecp_core_credentials_fault(twice, 2 * size + 1) > 0);
	}
	else if (fault == 0)
	{
		memcpy(twice, text, size);
		memcpy(twice + size, "\na 1", 4);
		demand(ecp_core_credentials_fault(twice, size + 4) == 0);
		demand(ecp_core_credential(twice, size + 4, "a", &value, &len) && len == 1 && *value == '1');
	}
	free(twice);
	free(text);
	return 0;
}
