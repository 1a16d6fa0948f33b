/*
 * chain.h
 *		Heads of the chains of the audit log.
 */
#ifndef CLR_CHAIN_H
#define CLR_CHAIN_H

#include "compat.h"

#include "access/htup.h"
#include "utils/rel.h"

/* The end of a chain, which a backend has for itself until its transaction ends. */
typedef struct ClrChainEnd
{
	Relation heads;
	HeapTuple head; /* NULL: it is a new one */
	int32 slot;
	Datum chain; /* uuid */
	int64 seq;	 /* of its last line */
	Datum hash;	 /* bytea, of that line */
} ClrChainEnd;

extern void clr_chain_hold(ClrChainEnd *end);
extern void clr_chain_move(ClrChainEnd *end, int64 seq, Datum hash);

#endif /* CLR_CHAIN_H */
