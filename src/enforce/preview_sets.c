/*
 * preview_sets.c
 *		What one actor sees and may do, as sets of row numbers.
 *
 * The rule is asked for each row that may be open, as a query would ask it.
 *
 * Lifetime: sets and numbers live in the preview's context, what was read for the
 * actor in a context of its own, gone when it has been looked at.
 */
#include "enforce/preview.h"

#include "miscadmin.h"
#include "nodes/value.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "enforce/remedy.h"
#include "rule/act.h"
#include "rule/lookup.h"
#include "rule/mask.h"
#include "rule/rule.h"
#include "rule/write.h"
#include "scope/others.h"

#define ROWS_A_LOOK_AT_THE_CLOCK 1024

/* Looking at the rows of one table. */
typedef struct Look
{
	ClrPreview *preview;
	ClrPreviewTable *table;
	Bitmapset **sets; /* by act of the table */
	ClrJudge *full;
	ClrJudge *near;	 /* of rows in the projects in which rights changed, others are closed */
	ClrJudge *judge; /* one of these */
	ClrBinding *binding;
	List *masks; /* of ClrMaskAnswers *, by column of the table; NULL: it is not masked */
	bool ended;	 /* a limit is reached */
} Look;

static ClrJudge *new_judge(const ClrPreview *preview, ClrActor actor);
static void end_judge(ClrJudge *judge);
static void look_at_table(Look *look, const ClrPreviewActor *actor);
static void look_by(Look *look, ClrJudge *judge);
static bool look_at_row(const ClrRow *row, void *arg);
static bool is_over(const ClrPreview *preview);
static void look_at_key(const ClrKeyEntry *entry, void *arg);
static void look_at_projects(Look *look);
static int number_of(const Look *look, ClrPreviewKeys *keys, const ClrKey *key);
static void add(const Look *look, int act, int number);

/*
 * What an actor has in the state that is looked at, by act; NULL if a limit is reached.
 */
Bitmapset **
clr_preview_look(ClrPreview *preview, const ClrPreviewActor *actor)
{
	Bitmapset **sets =
		MemoryContextAllocZero(preview->context, sizeof(Bitmapset *) * Max(preview->acts, 1));
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "clearance preview of an actor",
							  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Look look = { .preview = preview, .ended = is_over(preview) };
	ListCell *lc;

	look.full = look.near = new_judge(preview, actor->actor);
	if (actor->within != NULL)
	{
		look.near = new_judge(preview, actor->actor);
		clr_scope_suppose_only(look.near->scope, actor->within);
	}
	foreach(lc, preview->tables)
	{
		look.table = lfirst(lc);
		look.sets = sets + look.table->first;
		if (look.table->left_out == NULL && !look.ended)
			look_at_table(&look, actor);
	}
	end_judge(look.full);
	end_judge(look.near);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return look.ended ? NULL : sets;
}

/*
 * A judge of what the active snapshot sees, as long-lived as the current context; to
 * be ended before that.
 */
static ClrJudge *
new_judge(const ClrPreview *preview, ClrActor actor)
{
	const ClrWhom whom = { .actor = actor };
	const ClrJudge like = { .at = preview->at, .snapshot = GetActiveSnapshot() };
	ClrJudge *judge = clr_whom_judge(&whom, &like);

	judge->owner = CurrentResourceOwner;
	return judge;
}

static void
end_judge(ClrJudge *judge)
{
	clr_lookup_end(judge);
	judge->owner = NULL;
}

static void
look_at_table(Look *look, const ClrPreviewActor *actor)
{
	const ClrPreviewTable *table = look->table;

	if (actor->touched || table->whole)
	{
		look_by(look, table->whole || table->far ? look->full : look->near);
		(void) clr_lookup_all(look->judge, look->binding, look_at_row, look);
	}
	if (table->changed != NULL)
	{
		look_by(look, look->full);
		clr_keytab_each(table->changed, look_at_key, look);
	}
	if (actor->touched || table->whole)
	{
		look_by(look, look->full);
		look_at_projects(look);
	}
}

static void
look_by(Look *look, ClrJudge *judge)
{
	int32 binding = look->table->bindings[look->preview->state];
	ListCell *lc;

	look->judge = judge;
	look->binding = clr_judge_binding(judge, binding);
	look->masks = NIL;
	foreach(lc, look->table->columns)
	{
		const ClrMask *mask = clr_binding_mask(look->binding, strVal(lfirst(lc)));

		look->masks =
			lappend(look->masks, mask == NULL ? NULL :
												clr_mask_answers(CurrentMemoryContext, judge,
																 look->binding, mask, true));
	}
}

static bool
look_at_row(const ClrRow *row, void *arg)
{
	Look *look = arg;
	const ClrColumn *key_column = &look->binding->columns[look->binding->key_slot];
	int number;
	ClrKey key;
	ListCell *lc;

	if (++look->preview->visited > look->preview->rows_limit ||
		look->preview->visited % ROWS_A_LOOK_AT_THE_CLOCK == 0)
		look->ended = is_over(look->preview);
	if (look->ended)
		return false;
	if (row->nulls[look->binding->key_slot] ||
		!clr_rule_permits_verb(look->judge, look->binding, row, CLR_VIEW, NULL))
		return true;
	clr_key_from_datum(row->values[look->binding->key_slot], key_column->key_class,
					   key_column->type, &key);
	number = number_of(look, &look->table->rows, &key);
	add(look, CLR_VIEW, number);
	for (ClrVerb verb = CLR_EDIT; verb <= CLR_DELETE; verb++)
		if (clr_write_permits_as(look->judge, look->binding, row,
								 clr_rule_verb_action(look->judge, look->binding, verb), verb,
								 NULL))
			add(look, verb, number);
	foreach(lc, look->masks)
		if (lfirst(lc) == NULL || clr_mask_opens(lfirst(lc), row))
			add(look, CLR_VERBS + foreach_current_index(lc), number);
	return true;
}

static bool
is_over(const ClrPreview *preview)
{
	return preview->visited > preview->rows_limit || GetCurrentTimestamp() > preview->deadline;
}

static void
look_at_key(const ClrKeyEntry *entry, void *arg)
{
	Look *look = arg;
	ClrRow *rows;
	uint64 n;

	CHECK_FOR_INTERRUPTS();
	if (look->ended)
		return;
	n = clr_lookup_find(look->judge, look->binding, &entry->key, &rows);
	for (uint64 i = 0; i < n; i++)
		(void) look_at_row(&rows[i], look);
}

/* Projects in which a row may be made, as can() has it; the account where there is none yet. */
static void
look_at_projects(Look *look)
{
	ClrScope *scope = look->judge->scope;
	ClrAction *action = clr_rule_verb_action(look->judge, look->binding, CLR_CREATE);
	List *projects = strcmp(look->binding->feature, "project") == 0 ?
						 list_make1(scope->account_level) :
						 clr_others_and_listed(scope);
	ListCell *lc;

	if (scope->no_standing != NULL || look->binding->link_only)
		return;
	foreach(lc, projects)
	{
		ClrProject *project = lfirst(lc);
		ClrKey key;

		if (!clr_act_permits(scope, project, action))
			continue;
		(void) clr_key_from_text(project->key != NULL ? project->key : "any", CLR_KEY_TEXT, &key);
		add(look, CLR_CREATE, number_of(look, &look->table->projects, &key));
	}
}

/* ---------- numbers ---------- */

static int
number_of(const Look *look, ClrPreviewKeys *keys, const ClrKey *key)
{
	bool found;
	ClrKeyEntry *entry = clr_keytab_add(keys->numbers, key, &found);
	MemoryContext caller;

	if (found)
		return (int) PointerGetDatum(entry->value);
	caller = MemoryContextSwitchTo(look->preview->context);
	entry->value = DatumGetPointer((Datum) list_length(keys->texts));
	keys->texts = lappend(keys->texts, clr_key_text(key));
	MemoryContextSwitchTo(caller);
	return list_length(keys->texts) - 1;
}

static void
add(const Look *look, int act, int number)
{
	MemoryContext caller = MemoryContextSwitchTo(look->preview->context);

	look->sets[act] = bms_add_member(look->sets[act], number);
	MemoryContextSwitchTo(caller);
}
