// Lists as the HTTP API answers them: an object with one member, so that more can stand beside it one day.
#pragma once

#include <vector>

#include <boost/describe/class.hpp>

#include "apps/api/views.hpp"

namespace antiphon::cli {

struct WorkersView {
    std::vector<api::WorkerView> workers;
};
BOOST_DESCRIBE_STRUCT(WorkersView, (), (workers))

struct ZonesView {
    std::vector<api::ZoneView> zones;
};
BOOST_DESCRIBE_STRUCT(ZonesView, (), (zones))

struct RecordingsView {
    std::vector<api::RecordingView> recordings;
};
BOOST_DESCRIBE_STRUCT(RecordingsView, (), (recordings))

}  // namespace antiphon::cli
