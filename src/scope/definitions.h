/*
 * definitions.h
 *		What is said of actions, as it is stored.
 */
#ifndef CLR_DEFINITIONS_H
#define CLR_DEFINITIONS_H

#include "scope/vocabulary.h"
#include "store/rows.h"

extern ClrDefinition *
clr_definition_known(const ClrVocabulary *vocabulary, const char *feature, const char *name);
extern bool clr_definitions_are_read(const ClrVocabulary *vocabulary, const char *feature);
extern void clr_definitions_read(ClrVocabulary *vocabulary, const char *feature);
extern void clr_said_each(const ClrVocabulary *vocabulary, ClrPath path, const char *feature,
						  void (*visit)(const ClrRows *rows, void *arg), void *arg);

#endif /* CLR_DEFINITIONS_H */
