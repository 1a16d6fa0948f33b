/*
 * unforced.h
 *		Queries for which the server lifts row security from the owners of tables.
 */
#ifndef CLR_UNFORCED_H
#define CLR_UNFORCED_H

#include "compat.h"

/*
 * Bits of the security context that the server does not use (miscadmin.h has
 * three): what runs is a query of our own tables, one of an owner's for us, or one
 * of the kind that this file is about. The server restores them with the user,
 * after errors too, and nobody else can set them.
 */
#define SECURITY_OWN_TABLES 0x10000
#define SECURITY_OWNER_READS 0x20000
#define SECURITY_UNFORCED 0x40000

extern int clr_unforced_enter(void);
extern void clr_unforced_leave(int context);
extern bool clr_unforced(void);

#endif /* CLR_UNFORCED_H */
