/*
 * The dialects in which models are spoken to.
 *
 * A dialect makes a request of a question and a photo, and reads the answer as
 * far as what the model wrote; answer.h reads that.  Nothing that a peer wrote
 * gets into an error: only words that we know are repeated.
 */
#ifndef ECP_MODEL_H
#define ECP_MODEL_H

#include "postgres.h"

#include "lib/stringinfo.h"

#include "common/json.h"
#include "listing/proposal.h"

typedef struct EcpQuestion
{
	const char *model;
	const char *text;
	const EcpPhoto *photo;
	int			max_tokens;
	const char *thinking;		/* empty: not said */
} EcpQuestion;

typedef struct EcpReply
{
	const char *failure;		/* NULL where there is a text, else one of proposal.h */
	const char *error;			/* the reason, for operators */
	const char *text;			/* what the model wrote */
	int			length;
	const char *model_version;	/* or NULL */
	int			tokens_in;
	int			tokens_out;		/* thoughts included */
} EcpReply;

typedef struct EcpDialect
{
	const char *name;
	const char *credential;		/* name in the file of credentials */
	bool		credential_needed;
	char	   *(*url) (const char *endpoint, const char *model);
	const char *key_header;		/* what stands before the key */
	void		(*body) (StringInfo out, const EcpQuestion *question);

	/* Reads the body of an answer with status 200; all of it where it is of that form. */
	void		(*read) (const char *answer, int length, EcpReply *reply);

	/* Reads the body of a refusal: sets failure and error where it says more than the status. */
	void		(*refusal) (int status, const char *answer, int length, EcpReply *reply);

	/* How long the body of a refusal asks to wait, in milliseconds; -1 where it does not. */
	int64		(*delay) (const char *answer, int length);
} EcpDialect;

extern const EcpDialect ecp_gemini;
extern const EcpDialect ecp_openai;

/* For dialects: the photo as base64, a text of a member that may be absent, a count of tokens, "what: word" with the word only where it is in the list. */
extern void ecp_model_add_photo(StringInfo out, const EcpPhoto *photo);
extern bool ecp_model_is(const EcpJsonField *field, const char *word);
extern bool ecp_model_first(const EcpJsonField *list, EcpJsonField *first);	/* false where there is none */
extern int	ecp_model_tokens(const EcpJsonField *field);
extern char *ecp_model_version(const EcpJsonField *field);
extern const char *ecp_model_word(const char *what, const EcpJsonField *field, const char *const *words);

/* Whether the text says that the picture is at fault. */
extern bool ecp_model_blames_photo(const EcpJsonField *message);

#endif							/* ECP_MODEL_H */
