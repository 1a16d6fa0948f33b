/*
 * audit_log.h
 *		Lines of the audit log.
 */
#ifndef CLR_AUDIT_LOG_H
#define CLR_AUDIT_LOG_H

#include "compat.h"

#include "store/who.h"

/* What a line says beside where and when; zero and NULL: nothing. */
typedef struct ClrAuditLine
{
	ClrActor actor;
	int64 real_actor; /* who acts as the actor */
	int64 account;
	const char *table;
	const char *operation;
	const char *before; /* JSON */
	const char *after;
	const char *person; /* JSON: what before and after leave out, and a salt */
} ClrAuditLine;

extern void clr_audit_log_write(const ClrAuditLine *line);

#endif /* CLR_AUDIT_LOG_H */
