/* display: what rank 0 shows of a study that runs, and what becomes of it when a rank gives no sign
 * of life. Private to src/study; called by the coordinator alone. */
#pragma once

#include "coordinator.h"

enum { SILENT_AFTER_S = 30 }; /* that is told of a run */

/* Counts and times of the board; the time left at most once a second. */
void display_refresh(struct coordinator *c);

/* The status file and the line of the session; the first time that one cannot be written is told.
 */
void display_write_status(struct coordinator *c);
void display_note_session(struct coordinator *c, bool now);

/* A run for people: its row, what tells it apart from the others, and its key. Returns text. */
const char *display_run(const struct coordinator *c, int row, char text[256]);

/* Tell of runs that have shown no sign of life, each time once. */
void display_silence(struct coordinator *c);

/* A rank that is to stop, or that has nothing to do at the end, and says nothing for 15 s (120 s
 * where runs have no process of their own) stands still, or is on a node that is gone: the status
 * file says so, and MPI_Abort ends the job with STATUS_STOPPED. look: while others may still work;
 * wait: for all that were told to leave, as in worker_serve. */
void lost_look(struct coordinator *c);
void lost_wait(struct coordinator *c);
