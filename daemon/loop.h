/* The daemon: one process, one thread, one struct.
 *
 * What happens in one turn of the loop. Callbacks of sockets and timers feed bytes into sessions and messages
 * into sync, and drive (drive.h) carries out what sync asks for at once. At the end of the turn, before the
 * loop may sleep, loop_turn commits if it is time, tells sync what became durable, lets every link with room
 * take what sync has for it, does a slice of idle work, and arms the one timer for the next deadline of
 * anybody.
 *
 * Durable before visible holds because nothing but sync decides what a peer is told, and nothing but a commit
 * moves sync's durable end; answers to the control socket wait in their clients for the same commit. */
#ifndef KITHD_LOOP_H
#define KITHD_LOOP_H

#include "daemon/daemon.h"

struct daemon_options {
    const char *home;
    uint32_t listen_n;
    const char *listen[CONFIG_LISTEN_MAX];
    const char
        *key_credential; /* the systemd credential, or else the file, with the passphrase of the keys; NULL */
    const char *key_file;
    int ready_fd; /* a byte is written here once control socket and listeners are up; −1 */
    int tell_fd;  /* closed then: where failures of the start are told; −1 */
};

/* Opens the home, runs until told to stop, closes everything. 0, or an error that says why it could not
 * start. */
int daemon_run(const struct daemon_options *o, struct kith_error *e);

#endif
