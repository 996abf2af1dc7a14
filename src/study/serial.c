/* serial: work of one process under a launcher that started several. Refuses to know what it is. */
#include "protocol.h"
#include "study.h"

#include "base/log.h"

int study_on_rank_0(int (*work)(void *context), void *context, const struct log *log)
{
    struct status st = {0};
    int rank = 0, code = 0, started = 0;
    MPI_Initialized(&started);
    if (started) return work(context); /* of rank 0, while the others wait */
    if (protocol_start(&st)) {
        log_line(log, LOG_ERROR, "%s", st.text);
        return status_exit_code(st.code);
    }
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0) code = work(context);
    code = protocol_of_rank_0(MPI_COMM_WORLD, code);
    MPI_Finalize();
    return code;
}
