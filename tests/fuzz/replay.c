/* Runs a target over files: `replay PATH…`, where a PATH is a file or a directory of files. For compilers
 * that have no libFuzzer, and for ctest. Says how many ran; a target that finds something aborts and leaves
 * the name of the file as the last line. */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

#define REPLAY_FILE_MAX (4u * 1024u * 1024u)
#define REPLAY_PATH_MAX 4096u

static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *all = malloc(REPLAY_FILE_MAX);
    if (f == NULL || all == NULL) {
        fprintf(stderr, "replay: cannot read \"%s\"\n", path);
        free(all);
        if (f != NULL)
            fclose(f);
        return -1;
    }
    size_t n = fread(all, 1, REPLAY_FILE_MAX, f);
    fclose(f);
    uint8_t *exact = fuzz_copy((struct kith_bytes){all, n});
    free(all);
    fprintf(stderr, "%s\n", path);
    (void)LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return 1;
}

static int replay_folder(const char *path, DIR *d)
{
    int files = 0;
    const struct dirent *e;
    while ((e = readdir(d)) != NULL) {
        char name[REPLAY_PATH_MAX];
        int n = snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        if (e->d_name[0] == '.' || n < 0 || (size_t)n >= sizeof name)
            continue;
        int rc = replay_file(name);
        if (rc < 0)
            return rc;
        files += rc;
    }
    return files;
}

int main(int argc, char **argv)
{
    int files = 0;
    for (int i = 1; i < argc; i++) {
        DIR *d = opendir(argv[i]);
        int rc = d != NULL ? replay_folder(argv[i], d) : replay_file(argv[i]);
        if (d != NULL)
            closedir(d);
        if (rc < 0)
            return 1;
        files += rc;
    }
    printf("ok: %d files\n", files);
    return files > 0 ? 0 : 1;
}
