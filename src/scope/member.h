/*
 * member.h
 *		A member's own row.
 */
#ifndef CLR_MEMBER_H
#define CLR_MEMBER_H

#include "compat.h"

#include "store/version.h"

typedef struct ClrMember
{
	int64 id;
	int64 account;
	int64 partner; /* its company, as the next; of the vendor's team neither is one */
	int64 customer;
	bool partner_admin;
	const char *status;
	const char *key; /* NULL: not known yet */
} ClrMember;

extern const ClrMember *clr_member_find(int64 id, const ClrVersion *version);

#endif /* CLR_MEMBER_H */
