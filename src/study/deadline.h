/* deadline: when the job that this process is part of will be ended, as its scheduler says. Private
 * to src/study. */
#pragma once

#include "base/log.h"

#include <stdbool.h>
#include <sys/types.h>

/* Asks a command in the background; nothing waits for it but deadline_first, up to 10 s. */
struct deadline {
    double end_s;  /* Unix time; INFINITY: nobody says */
    bool is_asked; /* there is a scheduler to ask again, for a limit can be changed */
    pid_t pid;     /* of the command that is asked now; 0: none */
    int answer;    /* what it prints */
    char text[64];
    size_t num_text;
    double asked_s; /* monotonic clock */
    int kind;       /* of scheduler */
};

/* given_s: INFINITY or a Unix time, and no scheduler counts; NAN: SLURM_JOB_END_TIME (Slurm
 * from 23.02 on), else what squeue or flux say of the job, else none: warned of on the log where
 * there is a job (log may be NULL). */
void deadline_first(struct deadline *deadline, double given_s, const struct log *log);

/* Ask again every 10 minutes, without waiting: true when end_s has changed. */
bool deadline_look(struct deadline *deadline);

void deadline_free(struct deadline *deadline); /* zeroed ones too */
