/* One Markdown file a record, in a folder for each kind: what kith share reads, and people too. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/export.h"
#include "cli/markdown.h"

static int begin(struct export *x, struct export_kind *k, struct kith_error *e)
{
    int n = snprintf(k->path, sizeof k->path, "%s/%s", x->dir, k->kind->name);
    if (n < 0 || (unsigned)n >= sizeof k->path)
        return kith_fail(e, KITH_E_USAGE, "path is too long: \"%.80s…\": name a shorter directory", x->dir);
    if (mkdir(k->path, 0777))
        return kith_fail(e, KITH_E_USAGE, "directory cannot be made: \"%.150s\": %s", k->path,
                         strerror(errno));
    return 0;
}

static int put(struct export *x, struct export_kind *k, const struct replica_record *rec,
               struct kith_error *e)
{
    char name[NAME_TEXT_SIZE + 40], path[CLI_PATH_MAX], *text;
    size_t n = 0;
    FILE *f;
    int rc = markdown_print(k->kind, (struct kith_bytes){rec->body, rec->n}, &text, &n, NULL, e);
    if (rc)
        return rc;
    snprintf(name, sizeof name, "%s/%s", k->kind->name, rec->id);
    rc = export_open(x, name, ".md", path, &f, e);
    if (!rc) {
        fwrite(text, 1, n, f);
        rc = export_close(path, f, e);
    }
    free(text);
    return rc;
}

const struct export_format export_md = {"md", begin, put, NULL, false};
