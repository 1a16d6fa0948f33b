/*
 * token.h
 *		Signed tokens that say on whose behalf a statement runs.
 */
#ifndef CLR_TOKEN_H
#define CLR_TOKEN_H

#include "compat.h"

#include "datatype/timestamp.h"

/*
 * What a verified token says. It holds for the snapshot and the settings that
 * it was verified under; clr_token_check() answers for what the clock and the
 * session's role change.
 */
typedef struct ClrToken
{
	int64 member;
	TimestampTz not_before; /* of token and key, leeway included */
	TimestampTz expires;	/* first moment it is no longer good */
	Oid role;				/* role it is good for; InvalidOid: any */
	uint64 rules;			/* clr_token_rules() when it was verified */
} ClrToken;

extern void clr_token_init(void);
extern const char *clr_token_setting(void);
extern uint64 clr_token_rules(void);
extern ClrToken clr_token_verify(const char *text, TimestampTz at);
extern void clr_token_check(const ClrToken *token, TimestampTz at);

#endif /* CLR_TOKEN_H */
