/*
 * consequences.c
 *		Which rights follow from which.
 *
 * A right follows from another one of its feature, unless something is said of it: a grant,
 * a denial, or that it is not available. From levels to levels, and from switches to
 * members (vocabulary.c, act.c). Which do hangs on the names of actions alone, and on
 * what is declared of them.
 */
#include "scope/consequences.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "store/catalog.h"
#include "store/rows.h"

PG_FUNCTION_INFO_V1(clearance_consequences);
PG_FUNCTION_INFO_V1(clearance_is_never_held);

static List *add(List *list, ClrConsequence consequence);

/* What an action of a feature leads to there, or follows from: of ClrConsequence *. */
List *
clr_consequences_of(const char *name, bool comes_with_edit)
{
	bool is_edit = strcmp(name, "edit") == 0;
	bool is_assignee = strcmp(name, "edit_assignee") == 0;
	List *list = NIL;

	/* vendor: edit, from any column that may be edited */
	if (strncmp(name, "edit_", strlen("edit_")) == 0)
		list = add(list, (ClrConsequence){ CLR_VENDOR, name, "edit", false, false, false });
	/* all: edit of what one created */
	for (ClrAudience all = CLR_VENDOR; strcmp(name, "create") == 0 && all <= CLR_CUSTOMER; all++)
		list = add(list, (ClrConsequence){ all, name, "edit", true, false, true });
	/* vendor: assign, from the right to edit the assignee, or the whole row where nothing is said of assignees */
	if (is_edit || is_assignee)
		list = add(list, (ClrConsequence){ CLR_VENDOR, name, "assign", false, false, is_edit });
	/* partners: assign, from unlimited edit */
	if (is_edit)
		list = add(list, (ClrConsequence){ CLR_PARTNER, name, "assign", false, true, false });
	/* partners: columns, from edit */
	if (comes_with_edit)
		list = add(list, (ClrConsequence){ CLR_PARTNER, "edit", name, false, is_assignee, false });
	return list;
}

/* Customers never assign anything to anybody, whatever their levels and switches say. */
bool
clr_is_never_held(ClrAudience audience, const char *action)
{
	return audience == CLR_CUSTOMER && strcmp(action, "assign") == 0;
}

/* is_never_held(audience text, action text) returns boolean: whether nobody of an audience ever holds it. */
Datum
clearance_is_never_held(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(clr_is_never_held(clr_audience_of(text_to_cstring(PG_GETARG_TEXT_PP(0))),
									 text_to_cstring(PG_GETARG_TEXT_PP(1))));
}

static List *
add(List *list, ClrConsequence consequence)
{
	ClrConsequence *copy = palloc(sizeof(ClrConsequence));

	*copy = consequence;
	return lappend(list, copy);
}

/*
 * consequences() returns table (audience, feature, source, action, relation, any_only, weak):
 * of all actions.
 */
Datum
clearance_consequences(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	bool pushed;
	ClrRows rows;

	InitMaterializedSRF(fcinfo, 0);
	pushed = clr_catalog_push_snapshot();
	clr_rows_begin_text(&rows, CLR_ACTIONS_OF_FEATURE, NULL);
	while (clr_rows_next(&rows))
	{
		char *feature = clr_rows_text(&rows, ACTION_FEATURE);
		ListCell *lc;

		foreach(lc, clr_consequences_of(clr_rows_text(&rows, ACTION_NAME),
										clr_rows_bool(&rows, ACTION_COMES_WITH_EDIT)))
		{
			const ClrConsequence *follows = lfirst(lc);
			Datum values[] = { CStringGetTextDatum(clr_audience_name(follows->audience)),
							   CStringGetTextDatum(feature),
							   CStringGetTextDatum(follows->source),
							   CStringGetTextDatum(follows->action),
							   CStringGetTextDatum(clr_relation_name(CLR_REL_OWN)),
							   BoolGetDatum(follows->any_only),
							   BoolGetDatum(follows->weak) };
			bool nulls[lengthof(values)] = { [4] = !follows->own_only };

			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	}
	clr_rows_end(&rows);
	if (pushed)
		PopActiveSnapshot();
	return (Datum) 0;
}
