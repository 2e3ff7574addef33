// From the coordinator's state to what people see of it. Pure.
#pragma once

#include "apps/api/bluetooth.hpp"
#include "apps/api/views.hpp"
#include "core/coordinator.hpp"
#include "core/why.hpp"

namespace antiphon::coordinator {

inline constexpr std::size_t ended_sessions_shown = 5;

api::WorkerView worker_view(const core::CoordinatorState& state, const core::WorkerRow& row);
api::SessionView session_view(const core::CoordinatorState& state, const core::SessionRow& row, core::LocalTime now);
api::RecordingView recording_view(const core::CoordinatorState& state, const core::RecordingRow& row);
api::LevelsView levels_view(const core::CoordinatorState& state);
// By time.
api::MarksView marks_view(const core::CoordinatorState& state, const core::RecordingId& recording);
api::MarkView mark_view(const core::MarkRow& row);
api::ScheduleView schedule_view(const core::CoordinatorState& state, const core::ScheduleRow& row);
api::ZoneView zone_view(const core::CoordinatorState& state, const core::ZoneRow& row);
api::EventView event_view(const core::JournalRow& entry);
api::WhyView why_view(const core::Explanation& explanation);
api::WorkerDocumentsView documents_view(const core::CoordinatorState& state, const core::WorkerRow& row);
api::DevicesView devices_view(const core::CoordinatorState& state);
// "worker/name".
std::string endpoint_name(const core::CoordinatorState& state, const core::EndpointId& endpoint);
// `worker`: its name or id; `not_found` otherwise.
core::Result<api::BluetoothView> bluetooth_view(const core::CoordinatorState& state, const std::string& worker);
api::PairingView pairing_view(const core::CoordinatorState& state, const core::PairingRow& row);
// `cluster` is passed through.
api::StatusView status_view(const core::CoordinatorState& state, api::ClusterView cluster, core::LocalTime now);

struct ClusterCounts {
    std::size_t members = 0;
    std::size_t online = 0;
    std::size_t playing = 0;    // sessions
    std::size_t recording = 0;  // recordings that are not over
};
ClusterCounts counts_of(const core::CoordinatorState& state);

// The name of the enumerator, as the API writes it.
std::string name_of(core::Activity value);

}  // namespace antiphon::coordinator
