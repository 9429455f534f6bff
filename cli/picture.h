/* Pictures in files, as verbs ask for them with --svg, --png and --pdf. */
#ifndef KITH_CLI_PICTURE_H
#define KITH_CLI_PICTURE_H

#include "cli/options.h"

enum picture_file { PICTURE_SVG, PICTURE_PNG, PICTURE_PDF };

/* Draws `what` into a file of this type. KITH_E_USAGE when it cannot be written; nothing is left behind then.
 */
typedef int (*picture_drawer)(const void *what, enum picture_file type, const char *path,
                              struct kith_error *e);
/* Every file that the options ask for. */
int picture_files(const struct arguments *a, picture_drawer draw, const void *what, struct kith_error *e);

#define PICTURE_OPTIONS                                                                                      \
    {"svg", OPTION_VALUE, "FILE", "also draw it into a file …"},                                             \
        {"png", OPTION_VALUE, "FILE", "… or as a bitmap"},                                                   \
    {                                                                                                        \
        "pdf", OPTION_VALUE, "FILE", "… or as PDF"                                                         \
    }

#endif
