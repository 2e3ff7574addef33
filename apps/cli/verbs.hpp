// The verbs by group; each function hangs its own into the tree.
#pragma once

#include "apps/cli/command.hpp"
#include "apps/cli/run.hpp"

namespace antiphon::cli {

void add_play(Command root);
void add_control(Command root);  // pause, resume, seek, stop, volume, mute, unmute
void add_door(Command root);
void add_listen(Command root);
void add_record(Command root);  // record start, record stop, and
void add_record_marks(Command record);
void add_record_check(Command record);
void add_schedule(Command root);
void add_recordings(Command root);  // recordings
void add_export(Command root);      // export
void add_status(Command root);
void add_sync(Command root);
void add_events(Command root);
void add_why(Command root);
void add_workers(Command root);  // invite, workers, devices
void add_bluetooth(Command root);
void add_zone(Command root);
// backup, restore. `programs` outlives the tree.
void add_backup(Command root, const Programs& programs);
void add_token(Command root);
// coordinator, worker, supervise. `programs` outlives the tree.
void add_programs(Command root, const Programs& programs);
void add_completion(Command root, const CommandTree& tree);
void add_version(Command root);

}  // namespace antiphon::cli
