/* checkpoint: files from which a run goes on: pieces of memory, written so that a kill or a power
 * cut at any moment leaves one that is whole. Refuses to know what the pieces are (keep.h does).
 *
 *   FOLDER/KEY.ckpt        the newest: made as KEY.ckpt.tmp, synced, renamed
 *   FOLDER/KEY.ckpt.prev   the one before
 *   FOLDER/KEY-EPOCHS.state   how the training with this key was after so many epochs, its last
 *
 * A file: struct head, the owner's text, of each piece its size and its bytes, and XXH3 of all
 * that. Numbers stand as they lie in memory: the owner's text names the program and the kind of
 * machine, and whoever finds another text ignores the file.
 */
#pragma once

#include "base/log.h"
#include "run_record.h"

/* Of a study; texts borrowed. */
struct checkpoints {
    const char *folder;  /* made when the first file is */
    const char *program; /* version and commit */
    double every_s;      /* of a run; 0: after every epoch */
    bool keeps_state;    /* of trainings that are over */
};

/* The folder of a results file; false: the path is too long. */
bool checkpoint_folder(const char *results_path, char *folder, size_t bytes);

/* owner: lines "name value". Pieces whose value is NULL are left out. STATUS_CANNOT_CREATE or
 * STATUS_IO with the file and the reason; the files that were there are as they were. */
int checkpoint_write(const char *folder, const char *key, const char *owner,
                     const struct run_part *piece, int num, struct status *st);

/* The newest file that is whole, has this owner, and of every piece so many bytes or none (the
 * value is not looked at). NULL: there is none. Why one that is there was ignored is told on log.
 */
struct checkpoint *checkpoint_read(const char *folder, const char *key, const char *owner,
                                   const struct run_part *piece, int num, const struct log *log);

/* Copy the pieces that it has to where value is not NULL. */
void checkpoint_put_back(const struct checkpoint *checkpoint, const struct run_part *piece,
                         int num);
void checkpoint_free(struct checkpoint *checkpoint);

/* The first piece of the newest file that is whole, whoever made it; false: there is none in which
 * it has so many bytes. */
bool checkpoint_first_piece(const char *folder, const char *key, void *value, size_t bytes);

/* Is there a file of this run, whatever is in it? */
bool checkpoint_is_there(const char *folder, const char *key);

/* The same of a training that is over: one file, made as KEY-EPOCHS.state.tmp. find: the most
 * epochs of which a file was kept, up to `most`; 0: there is none. */
int checkpoint_write_state(const char *folder, const char *training_key, int epochs,
                           const char *owner, const struct run_part *piece, int num,
                           struct status *st);
int checkpoint_find_state(const char *folder, const char *training_key, int most);
struct checkpoint *checkpoint_read_state(const char *folder, const char *training_key, int epochs,
                                         const char *owner, const struct run_part *piece, int num,
                                         const struct log *log);

/* For every file in the folder, whatever is in it, the word before the first point of its name: the
 * key of a run, or KEY-EPOCHS of a state. */
enum checkpoint_kind { CHECKPOINT_OTHER, CHECKPOINT_NEWEST, CHECKPOINT_STATE };
void checkpoint_each(const char *folder,
                     void (*each)(void *context, const char *key, enum checkpoint_kind kind),
                     void *context);

/* Copy the files with this word that are whole in name, links left out, into another folder, made
 * when the first is. Those that were there are as they were after an error, as of write. */
int checkpoint_copy(const char *from, const char *to, const char *key, struct status *st);

/* All files with this word; and the folder, if it is empty. Errors do not matter: what is left over
 * is removed by the next study. */
void checkpoint_remove(const char *folder, const char *key);
void checkpoint_remove_folder(const char *folder);
