/*
 * writing.h
 *		Values as texts, in one way.
 */
#ifndef CLR_WRITING_H
#define CLR_WRITING_H

#include "compat.h"

extern int clr_writing_begin(void);
extern void clr_writing_end(int level);

#endif /* CLR_WRITING_H */
