/*
 * permissions.c
 *		What the actor may do to a row, all at once: for pages that show what can be
 *		clicked.
 *
 * It is what can_row() and statements would be told, one by one. Privileges of
 * the login role are no part of it. Which actions and columns there are is found
 * out once a query. Keeps no state.
 */
#include "compat.h"

#include "access/tupdesc.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "enforce/asked_row.h"
#include "rule/mask.h"
#include "rule/rule.h"
#include "rule/write.h"
#include "store/catalog.h"

PG_FUNCTION_INFO_V1(clearance_permissions);
PG_FUNCTION_INFO_V1(clearance_editable_columns);

/* An action or a column, which the answer names or not. */
typedef struct Choice
{
	Datum name;
	ClrAction *action;
	int as; /* what that is asked about */
	const char *column;
	bool is_plain;		  /* the column is judged as others are */
	ClrMaskAnswers *mask; /* NULL: it is never masked */
} Choice;

typedef struct Choices
{
	int count;
	Choice *choices;
	Datum *chosen;	/* names of those that the actor has in the row of the moment */
	bool is_judged; /* whether it may change plain columns of that row */
	bool plain;
} Choices;

typedef bool (*Permits)(const ClrAskedRow *asked, Choices *all, const Choice *choice);

static Datum answer(FunctionCallInfo fcinfo, Choices *(*find)(ClrAskedRow *), Permits permits);
static Choices *new_choices(int count);
static Choices *find_actions(ClrAskedRow *asked);
static bool permits_action(const ClrAskedRow *asked, Choices *all, const Choice *choice);
static Choices *find_columns(ClrAskedRow *asked);
static bool permits_column(const ClrAskedRow *asked, Choices *all, const Choice *choice);

/*
 * permissions(row record, relation regclass) returns text[]: the actions of the
 * table's feature that can_row() says yes to, by name. NULL row: none.
 */
Datum
clearance_permissions(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, find_actions, permits_action);
}

/*
 * editable_columns(row record, relation regclass) returns text[]: the columns that
 * the actor may change in this row, as it is, in their order. NULL row: none.
 */
Datum
clearance_editable_columns(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, find_columns, permits_column);
}

static Datum
answer(FunctionCallInfo fcinfo, Choices *(*find)(ClrAskedRow *), Permits permits)
{
	ClrAskedRow *asked;
	Choices *all;
	int count = 0;

	if (PG_ARGISNULL(0))
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(TEXTOID));
	asked = clr_asked_row(fcinfo, 0, 1);
	if (asked->found == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(asked->context);

		asked->found = find(asked);
		MemoryContextSwitchTo(caller);
	}
	all = asked->found;
	all->is_judged = false;
	for (int i = 0; i < all->count; i++)
		if (permits(asked, all, &all->choices[i]))
			all->chosen[count++] = all->choices[i].name;
	PG_RETURN_ARRAYTYPE_P(construct_array(all->chosen, count, TEXTOID, -1, false, TYPALIGN_INT));
}

static Choices *
new_choices(int count)
{
	Choices *all = palloc0(sizeof(Choices));

	all->choices = palloc0(sizeof(Choice) * Max(count, 1));
	all->chosen = palloc(sizeof(Datum) * Max(count, 1));
	return all;
}

static Choices *
find_actions(ClrAskedRow *asked)
{
	static const Oid argtypes[] = { TEXTOID };
	Datum feature = CStringGetTextDatum(asked->binding->feature);
	MemoryContext context = CurrentMemoryContext;
	MemoryContext of_query;
	ClrCatalog state;
	Choices *all;
	uint64 rows;

	clr_catalog_begin(&state);
	rows = clr_catalog_query("SELECT name FROM clearance.action WHERE feature = $1"
							 " ORDER BY name COLLATE \"C\"",
							 1, argtypes, &feature, NULL);
	of_query = MemoryContextSwitchTo(context);
	all = new_choices(rows);
	for (uint64 i = 0; i < rows; i++)
		all->choices[i].column = clr_column_text(i, 1);
	MemoryContextSwitchTo(of_query);
	clr_catalog_end(&state);
	MemoryContextSwitchTo(context);
	for (all->count = 0; all->count < (int) rows; all->count++)
	{
		Choice *choice = &all->choices[all->count];

		choice->name = CStringGetTextDatum(choice->column);
		choice->action = clr_rule_action(asked->judge, asked->binding, choice->column);
		choice->as = clr_rule_as_named(asked->judge, asked->binding, choice->action);
	}
	return all;
}

static bool
permits_action(const ClrAskedRow *asked, Choices *all, const Choice *choice)
{
	return clr_write_permits_as(asked->judge, asked->binding, &asked->row, choice->action,
								choice->as, NULL);
}

/* All that a statement can assign to. */
static Choices *
find_columns(ClrAskedRow *asked)
{
	TupleDesc desc = lookup_rowtype_tupdesc(get_rel_type_id(asked->relid), -1);
	Choices *all = new_choices(desc->natts);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);
		Choice *choice = &all->choices[all->count];
		const ClrMask *mask;

		if (attr->attisdropped || attr->attgenerated != '\0' ||
			attr->attidentity == ATTRIBUTE_IDENTITY_ALWAYS)
			continue;
		choice->column = pstrdup(NameStr(attr->attname));
		choice->name = CStringGetTextDatum(choice->column);
		choice->is_plain = clr_write_is_plain_column(asked->binding, choice->column);
		mask = clr_binding_mask(asked->binding, choice->column);
		if (mask != NULL)
			choice->mask =
				clr_mask_answers(asked->context, asked->judge, asked->binding, mask, false);
		all->count++;
	}
	ReleaseTupleDesc(desc);
	return all;
}

/* What one cannot read one cannot change. */
static bool
permits_column(const ClrAskedRow *asked, Choices *all, const Choice *choice)
{
	bool permitted;

	if (choice->mask != NULL && !clr_mask_opens(choice->mask, &asked->row))
		return false;
	if (choice->is_plain && all->is_judged)
		return all->plain;
	permitted = clr_write_permits_column(asked->judge, asked->binding, &asked->row, choice->column);
	if (choice->is_plain)
	{
		all->is_judged = true;
		all->plain = permitted;
	}
	return permitted;
}
