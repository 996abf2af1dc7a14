/* signals: see signals.h. The flag below is the one global of the program: a signal handler can
 * be handed nothing. Refuses to do anything in a handler but set it. */
#include "signals.h"

static const int stop_signal[NUM_STOP_SIGNALS] = {SIGINT, SIGTERM, SIGUSR1, SIGHUP};
static const char *const stop_name[] = {"SIGINT", "SIGTERM", "SIGUSR1", "SIGHUP"};

static volatile sig_atomic_t received;

static void remember(int number)
{
    if (number == SIGINT && received == SIGINT) {
        signal(SIGINT, SIG_DFL);
        raise(SIGINT); /* delivered when this handler returns */
    }
    received = number;
}

void signals_install(struct signals *signals)
{
    received = 0;
    struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < NUM_STOP_SIGNALS; i++) {
        struct sigaction *before = &signals->before[i];
        sigaction(stop_signal[i], &action, before);
        if (stop_signal[i] == SIGHUP && before->sa_handler == SIG_IGN)
            sigaction(SIGHUP, before, NULL);
    }
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, &signals->pipe_before);
}

void signals_restore(const struct signals *signals)
{
    for (int i = 0; i < NUM_STOP_SIGNALS; i++) sigaction(stop_signal[i], &signals->before[i], NULL);
    sigaction(SIGPIPE, &signals->pipe_before, NULL);
}

int signals_received(void)
{
    return received;
}

const char *signals_name(int number)
{
    for (int i = 0; i < NUM_STOP_SIGNALS; i++)
        if (stop_signal[i] == number) return stop_name[i];
    return "a signal";
}
