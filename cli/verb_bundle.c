/* kith bundle: what is carried by hand to places without a link, and taken in there. */
#include <string.h>

#include "cli/bundle.h"
#include "cli/verbs.h"

static const struct cli_option options[] = {
    {"for", OPTION_VALUE, "SITE", "create: without what this site's last bundle said that it holds"},
    {"since", OPTION_VALUE, "REF",
     "create: only what came since 30d, a date, or an earlier bundle (its file)"},
    {"seal", OPTION_VALUE, "SITE", "create: so that this site alone can open it"},
    {"part-size", OPTION_VALUE, "SIZE", "create: in files of at most 600M, 4G …: FILE.part1, FILE.part2 …"},
    {"fingerprint", OPTION_VALUE, "F", "apply: refuse another network than the one with this fingerprint"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static int run(struct cli *cli, const struct arguments *a)
{
    const char *what = a->word[0];
    if (strcmp(what, "create") == 0 && a->words == 2)
        return bundle_create(cli, a);
    if (strcmp(what, "verify") == 0 && a->words >= 2)
        return bundle_verify(cli, a);
    if (strcmp(what, "apply") == 0 && a->words >= 2)
        return bundle_apply(cli, a);
    return cli_failf(KITH_E_USAGE, "not understood: \"kith bundle %.40s\": write kith bundle %s", what,
                     verb_bundle.arguments);
}

const struct verb verb_bundle = {
    .name = "bundle",
    .topic = TOPIC_TRUST,
    .arguments = "create FILE | verify FILE… | apply FILE…",
    .summary = "carry records by hand between sites without a link",
    .text = "A bundle is one file with everything that another site lacks, signed by this one. What\n"
            "comes in it is checked as on a link: nothing unsigned gets in, what was withdrawn\n"
            "stays hidden, and applying it again changes nothing.\n"
            "\n"
            "The answer to a bundle is made with --for: it leaves out what the other site said that\n"
            "it holds. Two sites that carry bundles to and fro are as good as linked, only slower.\n"
            "\n"
            "verify needs no daemon, and no home, unless the file is sealed. It names what must be\n"
            "here before the file can be applied. Exit code 6 when a file is damaged, then nothing\n"
            "of any of them is applied; 3 when something earlier is lacking.",
    .example = "    kith bundle create monday.kith\n"
               "    kith bundle create --for BRK --seal BRK answer.kith\n"
               "    kith bundle verify monday.kith\n"
               "    kith bundle apply monday.kith",
    .options = options,
    .words_min = 1,
    .words_max = BUNDLE_FILES_MAX + 1,
    .homeless = true,
    .run = run,
};
