// A coordinator's data folder from a backup, offline.
#pragma once

#include "apps/node/options.hpp"
#include "core/result.hpp"

namespace antiphon::coordinator {

// Makes `options.data` from `options.file`, or leaves everything as it was. The whole file is verified before anything
// is written; it is then unpacked beside the folder and checked again there, rows and all, and renamed into its place.
// `conflict` when the folder is in use or not empty, or a newer program made the backup; `exhausted` when there is not
// enough space. Blocks.
core::Result<node::Restored> restore(const node::RestoreOptions& options);

}  // namespace antiphon::coordinator
