// Marks among the frames of exported files. Pure.
#pragma once

#include <string>
#include <vector>

#include "apps/export/exporter.hpp"
#include "apps/export/manifest.hpp"

namespace antiphon::exporting {

// By the manifest's clock and origin; where a mark is of another clock, by the calendar, to some tenths of a second. By
// time.
std::vector<ExportedMark> marks_on_line(const std::vector<Moment>& marks, const ExportManifest& manifest);

// A label track as Audacity and others read it: a line of start, end (seconds) and text for each.
std::string label_track(const std::vector<ExportedMark>& marks);

}  // namespace antiphon::exporting
