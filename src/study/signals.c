/* signals: see signals.h. The flag below is the one global of the program: a signal handler can
 * be handed nothing. Refuses to do anything in a handler but set it. */
#include "signals.h"

#include "base/clock.h"

static const struct {
    int number;
    const char *name;
} stop_signal[NUM_STOP_SIGNALS] = {{SIGINT, "SIGINT"},   {SIGTERM, "SIGTERM"},
                                   {SIGHUP, "SIGHUP"},   {SIGUSR1, "SIGUSR1"},
                                   {SIGUSR2, "SIGUSR2"}, {SIGXCPU, "SIGXCPU"}};
static const double again_after_s = .5; /* a launcher and its job may both send the first one */

static volatile sig_atomic_t received;
static double received_s;

static void remember(int number)
{
    double now_s = clock_monotonic_s();
    if ((number == SIGINT || number == SIGTERM) && received == number &&
        now_s - received_s > again_after_s) {
        signal(number, SIG_DFL);
        raise(number); /* delivered when this handler returns */
    }
    if (received != number) received_s = now_s;
    received = number;
}

void signals_install(struct signals *signals)
{
    received = 0;
    struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < NUM_STOP_SIGNALS; i++) {
        struct sigaction *before = &signals->before[i];
        sigaction(stop_signal[i].number, &action, before);
        if (stop_signal[i].number == SIGHUP && before->sa_handler == SIG_IGN)
            sigaction(SIGHUP, before, NULL);
    }
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, &signals->pipe_before);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, &signals->blocked_before);
}

void signals_restore(const struct signals *signals)
{
    sigprocmask(SIG_SETMASK, &signals->blocked_before, NULL);
    for (int i = 0; i < NUM_STOP_SIGNALS; i++)
        sigaction(stop_signal[i].number, &signals->before[i], NULL);
    sigaction(SIGPIPE, &signals->pipe_before, NULL);
}

int signals_received(void)
{
    return received;
}

int signals_check(struct status *st)
{
    if (!received) return STATUS_OK;
    return status_set(st, STATUS_STOPPED,
                      "%s received before a run was started: nothing is changed, the same command "
                      "does it all",
                      signals_name(received));
}

const char *signals_name(int number)
{
    for (int i = 0; i < NUM_STOP_SIGNALS; i++)
        if (stop_signal[i].number == number) return stop_signal[i].name;
    return "a signal";
}
