/*
 * preview.h
 *		What a change of permissions would give and take.
 */
#ifndef CLR_PREVIEW_H
#define CLR_PREVIEW_H

#include "compat.h"

#include "datatype/timestamp.h"
#include "executor/execdesc.h"
#include "nodes/bitmapset.h"
#include "nodes/execnodes.h"
#include "nodes/pg_list.h"

#include "rule/binding.h"
#include "store/key.h"
#include "store/noted.h"
#include "store/who.h"

/* What is compared. */
typedef enum ClrPreviewState
{
	CLR_BEFORE,
	CLR_AFTER,
} ClrPreviewState;

#define CLR_PREVIEW_STATES 2

/* Keys, numbered as they come. */
typedef struct ClrPreviewKeys
{
	ClrKeyTable *numbers;
	List *texts; /* of char *, by number */
} ClrPreviewKeys;

typedef struct ClrPreviewTable
{
	Oid relid;
	const char *name;
	int32 bindings[CLR_PREVIEW_STATES]; /* zero: it is not protected there */
	char *files[CLR_PREVIEW_STATES];	/* that its rows, and those of its links, are in */
	List *columns;						/* of char *: masked in one of the states */
	ClrPreviewKeys rows;
	ClrPreviewKeys projects;
	int first;			  /* of its acts: those of verbs, then sight of these columns */
	bool whole;			  /* everybody's rows are compared: declarations changed */
	ClrKeyTable *changed; /* keys of the rows that are compared for everybody, or NULL */
	bool far;			  /* its rows are seen with rows of other projects */
	const char *left_out; /* why nothing of it is compared, or NULL */
} ClrPreviewTable;

typedef struct ClrPreviewActor
{
	ClrActor actor;
	const char *key;
	const char *name;
	const char *company;
	bool touched;		 /* its own permissions change */
	bool everywhere;	 /* since a level that is in force somewhere grants something else */
	ClrKeyTable *within; /* ids of the projects in which they change; NULL: everywhere */
	const char *rights[CLR_PREVIEW_STATES];	   /* equal if all but projects is; NULL: no time */
	ClrKeyTable *projects[CLR_PREVIEW_STATES]; /* texts by id, equal if rights there are */
	Bitmapset **sets[CLR_PREVIEW_STATES]; /* numbers of rows and projects, by act; NULL: no time */
} ClrPreviewActor;

typedef struct ClrPreview
{
	MemoryContext context;
	ClrNoted *noted;
	TimestampTz at; /* of the statement that asks */
	int64 account;	/* that who asks may know of; zero: all */
	int sample;
	int64 actors_limit;
	int64 rows_limit;
	ClrPreviewState state; /* that is looked at */
	int64 visited;		   /* rows in that state */
	TimestampTz deadline;
	List *tables;		 /* of ClrPreviewTable *, in the order of declaration */
	int acts;			 /* of all tables */
	List *actors;		 /* of ClrPreviewActor * */
	ClrKeyTable *listed; /* all actors that were looked for */
	int64 actors_left_out;
} ClrPreview;

extern void clr_preview_check_utility(const Node *statement);
extern void clr_preview_note_query(const QueryDesc *query);
extern void clr_preview_find_rows(ClrPreview *preview);
extern Bitmapset **clr_preview_look(ClrPreview *preview, const ClrPreviewActor *actor);
extern void clr_preview_report(const ClrPreview *preview, ReturnSetInfo *result);

#endif /* CLR_PREVIEW_H */
