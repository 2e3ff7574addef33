// A track as a picture.
#pragma once

#include <string>
#include <vector>

#include "media/recording/segment.hpp"
#include "media/recording/waveform.hpp"

namespace antiphon::exporting {

// SVG: the extremes and, darker, the mean level over time, with a scale in minutes; what is missing is hatched. Texts
// are escaped.
std::string waveform_picture(const media::Waveform& waveform, const std::vector<media::SegmentGap>& gaps,
                             const std::string& title);

}  // namespace antiphon::exporting
