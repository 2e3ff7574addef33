// The one place where schemas are made of the described structs: it takes the compiler a while. What a route names and
// this list lacks, a test finds.
#include "apps/coordinator/schemas.hpp"

#include "apps/api/bluetooth.hpp"
#include "apps/api/segments.hpp"
#include "apps/api/views.hpp"

namespace antiphon::coordinator {
namespace {

template <class... Ts>
void add(json::Schemas& schemas) {
    (schemas.add<Ts>(), ...);
}

}  // namespace

json::Schemas api_schemas() {
    json::Schemas schemas;
    add<api::StatusView, api::DevicesView, api::WorkersView, api::WorkerDocumentsView, api::SessionsView,
        api::RecordingsView, api::MarksView, api::SchedulesView, api::ZonesView, api::EventsView, api::LevelsView,
        api::WhyView, api::PongView, api::BlobView, api::TokensView, api::NewTokenView, api::InvitationView,
        api::BackupView, api::JoinAnswer, api::BluetoothView, api::PairingView, api::ProblemView>(schemas);
    add<api::InviteBody, api::WorkerRenameBody, api::BackupBody, api::PlayBody, api::SeekBody, api::DoorBody,
        api::VolumeBody, api::ZoneBody, api::ZoneRenameBody, api::RecordBody, api::MarkBody, api::ScheduleBody,
        api::TokenBody, api::JoinBody, media::SegmentRow, api::SegmentPlace, api::TrackComplete, api::SegmentsView,
        api::SegmentCheck, api::ScanBody, api::PairingWindowBody, api::PairBody>(schemas);
    return schemas;
}

}  // namespace antiphon::coordinator
