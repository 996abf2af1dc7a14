/* provenance: see provenance.h. Refuses to guess: what cannot be told is "unknown" or "". */
#include "provenance.h"

#include "base/kernel.h"
#include "base/linalg.h"
#include "base/sheet.h"
#include "protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef HMMGRID_VERSION
#define HMMGRID_VERSION "unknown"
#endif
#ifndef HMMGRID_COMMIT
#define HMMGRID_COMMIT ""
#endif
#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* What one rank tells about its machine. */
struct machine {
    char host[HOST_BYTES], cpu[128];
};

static void read_cpu_model(char *model, size_t n)
{
    snprintf(model, n, "unknown");
    FILE *in = fopen("/proc/cpuinfo", "re");
    if (!in) return;
    char line[512];
    while (fgets(line, sizeof line, in)) {
        char *colon = strchr(line, ':');
        if (!colon || strncmp(line, "model name", 10) != 0) continue;
        colon += 1 + strspn(colon + 1, " \t");
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(model, n, "%.*s", (int)n - 1, colon);
        break;
    }
    fclose(in);
}

/* "name x count, name x count" of texts num apart by stride; malloc'd, NULL: memory out. */
static char *count_names(const char *first, size_t stride, int num, const char *between)
{
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    if (!out) return NULL;
    for (int i = 0; i < num; i++) {
        const char *name = first + (size_t)i * stride;
        int count = 0, earlier = 0;
        for (int j = 0; j < num; j++) {
            if (strcmp(name, first + (size_t)j * stride) != 0) continue;
            count++;
            if (j < i) earlier++;
        }
        if (!earlier) fprintf(out, "%s%s x%d", i ? between : "", name, count);
    }
    return sheet_close(&sheet, out, true, NULL);
}

static void gather_machines(struct provenance_facts *facts, MPI_Comm comm)
{
    int rank, size;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    struct machine own = {{0}, {0}}, *all = NULL;
    gethostname(own.host, sizeof own.host - 1);
    memcpy(facts->host, own.host, sizeof facts->host);
    read_cpu_model(own.cpu, sizeof own.cpu);

    struct status st = {0};
    if (rank == 0 && !(all = calloc((size_t)size, sizeof *all))) st.code = STATUS_NO_MEMORY;
    if (protocol_agree_all(comm, &st)) return;
    MPI_CHECK(comm, MPI_Gather(&own, sizeof own, MPI_BYTE, all, sizeof own, MPI_BYTE, 0, comm));
    if (rank == 0) {
        facts->hosts = count_names(all->host, sizeof *all, size, ", ");
        facts->cpus = count_names(all->cpu, sizeof *all, size, "; ");
    }
    free(all);
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

void provenance_gather_all(struct provenance_facts *facts, const char *command_line, MPI_Comm comm)
{
    *facts = (struct provenance_facts){.host = ""};
    char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;
    MPI_CHECK(comm, MPI_Get_library_version(text, &length));
    snprintf(facts->mpi, sizeof facts->mpi, "%.*s", (int)strcspn(text, "\n,"), text);
    snprintf(facts->program, sizeof facts->program, "%s %s", HMMGRID_VERSION, HMMGRID_COMMIT);
    gather_machines(facts, comm);
    const char *core = linalg_core();
    facts->view = (struct provenance){
        .program_version = HMMGRID_VERSION,
        .git_commit = HMMGRID_COMMIT,
        .compiler = COMPILER,
        .mpi = facts->mpi,
        .blas = strcmp(core, "unknown") == 0 ? "unknown" : "OpenBLAS",
        .blas_core = core,
        .cpu = or_empty(facts->cpus),
        .kernel = kernel_name(),
        .hosts = or_empty(facts->hosts),
        .slurm_job_id = or_empty(getenv("SLURM_JOB_ID")),
        .command_line = or_empty(command_line),
    };
}

void provenance_free(struct provenance_facts *facts)
{
    if (!facts) return;
    free(facts->cpus);
    free(facts->hosts);
    facts->cpus = facts->hosts = NULL;
}
