/* What a second reader would ask about a record that is correct: the questions that published reports of
 * improvement most often leave open. */
#ifndef KITH_CLI_LINT_H
#define KITH_CLI_LINT_H

#include "cli/record.h"

/* Adds hints and warnings about the record that was just made, the last of the set. */
void lint_record(struct record_set *s);

#endif
