/*
 * basis.h
 *		What a finding about constraints rests on.
 */
#ifndef CLR_BASIS_H
#define CLR_BASIS_H

#include "compat.h"

#include "access/htup.h"
#include "nodes/pg_list.h"
#include "storage/itemptr.h"
#include "utils/snapshot.h"

#include "store/version.h"

/* A trigger as it is: another one, or altered, is another row of pg_trigger. */
typedef struct ClrNoteTrigger
{
	Oid oid;
	TransactionId written_by;
	ItemPointerData at;
} ClrNoteTrigger;

/* Of new keys, of changed ones, and of changed accounts, where rows name theirs. */
#define CLR_NOTE_TRIGGERS 3

/* Of new rows of a table that is its own parent, and of moved ones. */
#define CLR_CIRCLE_TRIGGERS 2

typedef struct ClrBasis
{
	uint64 generation;	  /* of declarations, before anything was asked */
	List *tables;		  /* of Oid: those whose constraints were looked at */
	TransactionId newest; /* the last one that wrote a row which says so */
	Oid projects;		  /* the table that these triggers are on */
	ClrNoteTrigger triggers[CLR_NOTE_TRIGGERS];
	Oid tree; /* the table that these are on, see circle.c */
	ClrNoteTrigger circles[CLR_CIRCLE_TRIGGERS];
	Oid file;			/* of pg_trigger, in which all of them have their places */
	bool is_simple;		/* there is no other such table */
	ClrVersion version; /* under which it was kept, of projects */
} ClrBasis;

extern ClrBasis *clr_basis_begin(void);
extern void clr_basis_add_table(ClrBasis *basis, Oid relid);
extern bool clr_basis_sees(ClrBasis *basis, Snapshot snapshot, HeapTuple tuple);
extern bool clr_basis_add_triggers(ClrBasis *basis, Oid relid, Snapshot snapshot,
								   ClrNoteTrigger *triggers, bool by_account);
extern bool clr_basis_add_circles(ClrBasis *basis, Oid relid, Snapshot snapshot);
extern ClrBasis *
clr_basis_keep(const ClrBasis *basis, const ClrVersion *version, MemoryContext context);
extern void clr_basis_free(ClrBasis *basis);
extern bool clr_basis_is_likely(const ClrBasis *basis, Snapshot snapshot);
extern bool clr_basis_stands(const ClrBasis *basis, Snapshot snapshot);
extern bool clr_basis_is_pending(Oid relid);

#endif /* CLR_BASIS_H */
