/*
 * version_page.h
 *		Whether the table of versions is as it was when it was read.
 */
#ifndef CLR_VERSION_PAGE_H
#define CLR_VERSION_PAGE_H

#include "compat.h"

#include "utils/relcache.h"
#include "utils/snapshot.h"

extern void clr_version_page_init(void);
extern bool clr_version_page_holds(Snapshot snapshot);
extern void clr_version_page_note(Relation relation, Snapshot snapshot);

#endif /* CLR_VERSION_PAGE_H */
