/*
 * everywhere.c
 *		Changes that are permitted on every row that an actor may touch.
 *
 * What an UPDATE needs depends on the columns that it changes, and the policy for
 * it lets through what satisfies any of the table's needs. Mostly, the columns
 * to which a statement assigns ask for the same few actions whatever a row was and
 * becomes (clr_write_needs_of_columns()), and the actor holds these on all rows of
 * all projects. Then nothing is left to ask about a row that the policy let through:
 *
 *	it is in a project that the scope lists, or reaches, in the state that the
 *	scope knows; each of these, but those that are closed to UPDATE, is asked about
 *
 *	what it belongs to is visible, and it is of the actor's account, whatever need
 *	it satisfied: these are steps of every act (permits(), rule.c)
 *
 *	the rule is monotone: what it permits on a row of which no more than that
 *	holds, it permits on all
 *
 *	and none of the columns is one that the rule goes by: what holds for the row
 *	before, holds for the one after
 *
 * Only for the second statement of a scope is this found out. It costs as many steps as
 * the actor has projects, and scopes of actors who do one thing and go are many.
 *
 * Lifetime: that of the scope, which keeps a few answers, each of one generation
 * of declarations. Whatever is altered of a protected table begins another one.
 */
#include "rule/everywhere.h"

#include "rule/rule.h"
#include "rule/shape.h"
#include "rule/write.h"
#include "scope/others.h"

/* Sets of columns that are remembered. */
#define MAX_ANSWERS 16

/* Whether an UPDATE of these columns is permitted so. */
typedef struct Answer
{
	int32 binding;
	uint64 generation; /* of declarations */
	Bitmapset *columns;
	bool is_known; /* else it was asked once */
	bool permits;
} Answer;

static Answer *find(const ClrScope *scope, const ClrBinding *binding, const Bitmapset *columns);
static void add(ClrScope *scope, const ClrBinding *binding, const Bitmapset *columns);
static bool permits(ClrJudge *judge, ClrBinding *binding, const List *needs);
static List *projects_of_rows(const ClrJudge *judge, const ClrBinding *binding);
static bool
permits_in(ClrJudge *judge, ClrBinding *binding, const List *needs, ClrProject *project);

/*
 * Whether nothing that an UPDATE of columns (a set as the server's own are) needs is
 * missing on any row that the policies let through. False: each is to be asked about.
 */
bool
clr_everywhere_permits(ClrJudge *judge, ClrBinding *binding, TupleDesc desc,
					   const Bitmapset *columns)
{
	Answer *answer = find(judge->scope, binding, columns);
	List *needs;

	if (answer == NULL)
	{
		add(judge->scope, binding, columns);
		return false;
	}
	if (!answer->is_known)
	{
		answer->permits = clr_write_needs_of_columns(binding, desc, columns, &needs) &&
						  permits(judge, binding, needs);
		/* the rule may have asked for older declarations of other tables */
		answer->is_known = clr_judge_generation(judge) == answer->generation;
	}
	return answer->permits;
}

static Answer *
find(const ClrScope *scope, const ClrBinding *binding, const Bitmapset *columns)
{
	ListCell *lc;

	foreach(lc, scope->answers)
	{
		Answer *answer = lfirst(lc);

		if (answer->binding == binding->id && answer->generation == binding->generation &&
			bms_equal(answer->columns, columns))
			return answer;
	}
	return NULL;
}

/* In the place of the oldest, if there are many. */
static void
add(ClrScope *scope, const ClrBinding *binding, const Bitmapset *columns)
{
	MemoryContext caller = MemoryContextSwitchTo(scope->kept.context);
	Answer *answer;

	if (list_length(scope->answers) < MAX_ANSWERS)
		answer = palloc(sizeof(Answer));
	else
	{
		answer = linitial(scope->answers);
		scope->answers = list_delete_first(scope->answers);
		bms_free(answer->columns);
	}
	*answer = (Answer){ binding->id, binding->generation, bms_copy(columns), false, false };
	scope->answers = lappend(scope->answers, answer);
	MemoryContextSwitchTo(caller);
}

static bool
permits(ClrJudge *judge, ClrBinding *binding, const List *needs)
{
	const ClrProject *before = NULL;
	ListCell *lc;

	foreach(lc, projects_of_rows(judge, binding))
	{
		ClrProject *project = lfirst(lc);

		/* neighbours mostly have the same rights */
		if ((before == NULL || !clr_shape_same_rights(before, project)) &&
			!permits_in(judge, binding, needs, project))
			return false;
		before = project;
	}
	return true;
}

/*
 * A project for each that rows may be in, or for all in which the actor has the same
 * rights; what stands for one where they may have none, too.
 */
static List *
projects_of_rows(const ClrJudge *judge, const ClrBinding *binding)
{
	ClrScope *scope = judge->scope;
	List *projects = list_copy(scope->projects);
	ListCell *lc;

	foreach(lc, clr_others_kinds(scope))
	{
		ClrProject *sample = palloc(sizeof(ClrProject));

		clr_others_sample(scope, lfirst(lc), sample);
		projects = lappend(projects, sample);
	}
	if (binding->project_slot == CLR_NO_SLOT)
		projects = lappend(projects, scope->account_level);
	if (binding->project_slot == CLR_NO_SLOT || binding->project_optional)
		projects = lappend(projects, scope->without_project);
	return projects;
}

/* Whether all needs hold on whatever row of a project, unless none of them can be updated. */
static bool
permits_in(ClrJudge *judge, ClrBinding *binding, const List *needs, ClrProject *project)
{
	ClrFacts facts = { .project = project, .parents = true, .account = true };
	ClrRow any = { NULL, NULL, &facts };
	ListCell *lc;

	if (clr_shape_class(judge, binding, CLR_EDIT, project) == CLR_CLASS_NONE)
		return true;
	foreach(lc, needs)
		if (!clr_write_permits_change(judge, binding, &any,
									  clr_write_asked_by(judge->scope, lfirst(lc)), NULL))
			return false;
	return true;
}
