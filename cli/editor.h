/* The editor that a person has chosen, run on one file. */
#ifndef KITH_CLI_EDITOR_H
#define KITH_CLI_EDITOR_H

#include "cli/cli.h"

/* Runs $VISUAL, else $EDITOR, else sensible-editor, nano or vi, and waits for its end. Words of the variable
 * are divided at spaces; no shell reads it. KITH_E_USAGE when none can be started, KITH_E_REFUSED when it
 * ended with an error (the file is then as it left it). */
int editor_run(const char *path, struct kith_error *e);

#endif
