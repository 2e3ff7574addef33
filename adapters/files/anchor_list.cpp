// Full, it makes room for as many again at twice the step.
#include "adapters/files/anchor_list.hpp"

namespace antiphon::files {

void AnchorList::add(const TrackAnchor& anchor) {
    if (anchors_.size() == anchors_max) thin_out();
    anchors_.push_back(anchor);
    next_frame_ = anchor.frame + step_frames_;
}

void AnchorList::clear() noexcept {
    anchors_.clear();
    step_frames_ = first_step_frames;
    next_frame_ = 0;
}

void AnchorList::thin_out() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < anchors_.size(); i += 2) anchors_[kept++] = anchors_[i];
    anchors_.resize(kept);
    step_frames_ *= 2;
}

}  // namespace antiphon::files
