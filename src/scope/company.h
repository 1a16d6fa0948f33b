/*
 * company.h
 *		What is true of a partner or a customer for everybody who is of it.
 */
#ifndef CLR_COMPANY_H
#define CLR_COMPANY_H

#include "compat.h"

#include "datatype/timestamp.h"

#include "scope/project.h"
#include "scope/vocabulary.h"
#include "store/rows.h"

/* That it is on a project. */
typedef struct ClrStay
{
	int64 project;
	int32 level;				/* zero: it names none */
	const TimestampTz *moments; /* when it begins and ends; NULL: it always lasts */
} ClrStay;

typedef struct ClrCompany
{
	ClrKept kept;
	bool is_lasting; /* beyond the loading of a scope */
	ClrAudience audience;
	int64 id;
	bool active;
	int32 level; /* a partner's; zero: it has none */
	bool stays_known;
	int stay_count;
	ClrStay *stays;
} ClrCompany;

extern ClrCompany *
clr_company_find(ClrProjects *projects, const ClrVersion *version, ClrAudience audience, int64 id);
extern void
clr_company_stamp(ClrProjects *projects, const ClrVersion *version, ClrAudience audience, int64 id);
extern void clr_company_read_stays(ClrProjects *projects, ClrCompany *company);
extern ClrStay clr_company_stay(const ClrRows *rows, ClrAudience audience);
extern void clr_company_let_go(ClrCompany *company);

#endif /* CLR_COMPANY_H */
