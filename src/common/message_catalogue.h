/*
 * message_catalogue.h
 *	  The sentences that persons read, by code and language.
 */
#ifndef ECP_COMMON_MESSAGE_CATALOGUE_H
#define ECP_COMMON_MESSAGE_CATALOGUE_H

/* The first language is the one that others fall back to. */
#define ECP_MESSAGE_LANGUAGES 4

typedef struct EcpMessageLanguage
{
	const char *code;			/* ISO 639-1 */
	bool		right_to_left;
} EcpMessageLanguage;

typedef struct EcpMessage
{
	const char *code;			/* SQLSTATE of class ZE, a verdict, or a kind of event */
	const char *text[ECP_MESSAGE_LANGUAGES];	/* templates, in UTF-8 */
} EcpMessage;

extern const EcpMessageLanguage ecp_message_languages[ECP_MESSAGE_LANGUAGES];
extern const EcpMessage ecp_messages[];
extern const int ecp_message_count;

/* Of events: message_notice.c. */
extern const EcpMessage ecp_notices[];
extern const int ecp_notice_count;

#endif							/* ECP_COMMON_MESSAGE_CATALOGUE_H */
