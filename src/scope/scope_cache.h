/*
 * scope_cache.h
 *		Scopes kept across statements, while permissions stay as they are.
 */
#ifndef CLR_SCOPE_CACHE_H
#define CLR_SCOPE_CACHE_H

#include "compat.h"

#include "datatype/timestamp.h"

#include "scope/scope.h"
#include "store/version.h"

extern void clr_scope_cache_init(void);
extern ClrScope *clr_scope_acquire(ClrActor actor, const ClrVersion *version, TimestampTz at);
extern void clr_scope_release(ClrScope *scope);

#endif /* CLR_SCOPE_CACHE_H */
