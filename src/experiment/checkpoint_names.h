/* checkpoint_names: how the files in a folder of checkpoints are called. Private to checkpoint*.c.
 */
#pragma once

/* ends of names: those of a run, and those of a state, where the key is followed by the epochs */
enum { NEWEST, BEFORE, NUM_GENERATIONS, UNFINISHED = NUM_GENERATIONS, NUM_OF_RUN };
enum { STATE = NUM_OF_RUN, UNFINISHED_STATE, NUM_ENDS };
extern const char *const checkpoint_ends[NUM_ENDS];

enum { NAME_BYTES = 64, KEY_OF_STATE_BYTES = 48 };
const char *checkpoint_name(const char *key, int end, char name[NAME_BYTES]); /* returns name */
const char *checkpoint_state_key(const char *training_key, int epochs,
                                 char key[KEY_OF_STATE_BYTES]); /* returns key */

/* A descriptor; -1 with errno, also where it is a link. */
int checkpoint_open_folder(const char *folder);
