/*
 * masked.h
 *		Masked columns in queries and plans: which they are, and which a rewrite
 *		has taken over.
 */
#ifndef CLR_MASKED_H
#define CLR_MASKED_H

#include "compat.h"

#include "nodes/parsenodes.h"

#include "rule/binding.h"
#include "rule/judge.h"

/* What mask_open() is asked: bits of its argument `how`. */
#define CLR_MASK_SEEN 1			  /* about a row that policies let the actor see */
#define CLR_MASK_REFUSES_FILTER 2 /* masked: an error, for a condition */
#define CLR_MASK_REFUSES_WRITE 4  /* masked: an error, for an assignment */

/* A table of a query with masked columns. */
typedef struct ClrMaskedTable
{
	Oid relid;
	int32 binding;
	const ClrBinding *declared;
	List *attnums; /* of int: the table's attribute for each mask of the binding */
	List *bound; /* of Var: its bound columns, as of no table of a query; see clr_masked_bound() */
	Bitmapset *raw; /* of attributes that are read as they are, see plan/mask_raw.c */
} ClrMaskedTable;

extern void clr_masked_init(void);
extern ClrMaskedTable *clr_masked_table(MemoryContext context, Oid relid, Oid checked_as);
extern ClrMaskedTable **clr_masked_tables(MemoryContext context, const Query *query);
extern List *clr_masked_bound(ClrMaskedTable *table);
extern const ClrMask *clr_masked_column(const ClrMaskedTable *table, AttrNumber attnum);
extern Bitmapset *clr_masked_bits(const ClrMaskedTable *table, const Bitmapset *columns);
extern void clr_masked_take_over(const ClrMaskedTable *table, Query *query, Index number);
extern bool clr_masked_is_mark(const RTEPermissionInfo *asked);
extern bool clr_masked_is_raw(const ClrMaskedTable *table, AttrNumber attnum);
extern void clr_masked_allow_raw(ClrMaskedTable *table, AttrNumber attnum);
extern bool clr_masked_reads(const RTEPermissionInfo *asked, AttrNumber attnum);
extern bool clr_masked_reads_raw(const RTEPermissionInfo *mark, AttrNumber attnum);
extern bool clr_masked_check_tables(List *permissions, bool ereport_on_violation);
pg_noreturn extern void clr_masked_refuse(const ClrMaskedTable *table, AttrNumber attnum);
extern void clr_masked_check_explained(List *permissions, ClrJudge *judge);
extern Oid clr_masked_copy(Node *statement);
extern void clr_masked_copied(Oid previous);
extern Oid clr_masked_function(void);

#endif /* CLR_MASKED_H */
