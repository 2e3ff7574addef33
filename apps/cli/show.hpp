// The views of the API as people see them on a terminal: tables and lines, each ended. Pure.
#pragma once

#include <string>
#include <vector>

#include "apps/api/bluetooth.hpp"
#include "apps/api/views.hpp"
#include "apps/cli/paint.hpp"

namespace antiphon::cli {

std::string show(const api::StatusView& status, const Look& look);
std::string show(const std::vector<api::WorkerView>& workers, const Look& look);
std::string show(const api::DevicesView& devices, const Look& look);
std::string show(const api::BluetoothView& bluetooth, const Look& look);
std::string show(const std::vector<api::ZoneView>& zones, const Look& look);
// Ends and uses as labels in local time.
std::string show(const std::vector<api::TokenView>& tokens, const Look& look);
std::string show(const std::vector<api::SessionView>& sessions, const Look& look);
// How well each output of these sessions plays, then what each worker received of the live ones.
std::string show_sync(const api::StatusView& status, const Look& look);
// One line for each recording.
std::string show(const std::vector<api::RecordingView>& recordings, const Look& look);
// How loud each input is that is recorded now; empty: none is.
std::string show_levels(const std::vector<api::RecordingView>& recordings, const Look& look);
// One line for each track.
std::string show_tracks(const api::RecordingView& recording, const Look& look);
std::string show(const std::vector<api::MarkView>& marks, const Look& look);
std::string show(const std::vector<api::ScheduleView>& schedules, const Look& look);
std::string show(const api::EventView& event, const Look& look);
// In one screen: the verdict, what else stands in the way, and what was decided.
std::string show(const api::WhyView& why, const Look& look);
std::string show(const api::PongView& pong, const Look& look);

// "view, play"
std::string listed(const std::vector<core::Permission>& permissions);

// "every fri, sat at 20:00 Europe/Berlin", "on 2027-12-24 at 18:00 UTC"
std::string when_text(const api::ScheduleView& schedule);

// "session 7: song.flac (3:05) on hall/left and hall/right"
std::string sentence(const api::SessionView& session);

}  // namespace antiphon::cli
