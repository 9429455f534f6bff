/* The screen for text while a record is written: what could identify a person, with its place in the file. */
#ifndef KITH_CLI_SCREENED_H
#define KITH_CLI_SCREENED_H

#include "cli/record.h"

/* Adds what the screen finds in the record that was just made, the last of the set: blocks as errors (counted
 * in `blocked`), holds and warnings as warnings. The sentences hold none of its words. True when it is
 * blocked. */
bool screened_record(struct record_set *s);

/* With hints a record that is not good yet is screened, too, so that nobody mends it in vain: its texts as
 * they are given, between its beginning and the complaints about it. */
void screened_begin(struct record_set *s);
void screened_text(struct record_set *s, const char *field, struct kith_bytes text);
void screened_faulty(struct record_set *s);

#endif
