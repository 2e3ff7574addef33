// Which permission each request takes: the one table, for the routes and for the core.
#include "core/requests.hpp"

#include "core/step.hpp"

namespace antiphon::core {

Permission permission_of(const RequestBody& body) {
    return std::visit(
        Overloaded{[](const JoinRequest&) { return Permission::none; },  // its invitation is its permission
                   [](const InviteRequest&) { return Permission::admin; },
                   [](const WorkerRenameRequest&) { return Permission::admin; },
                   [](const WorkerRemoveRequest&) { return Permission::admin; },
                   [](const TokenCreateRequest&) { return Permission::admin; },
                   [](const TokenRevokeRequest&) { return Permission::admin; },
                   [](const OpenDoorRequest&) { return Permission::admin; },  // nothing is secret behind it
                   [](const BluetoothRequest&) { return Permission::pair; },
                   [](const PingRequest&) { return Permission::view; },
                   [](const MaintenanceRequest&) { return Permission::update; },
                   [](const ListenRequest&) { return Permission::record; },  // who may hear it may as well record it
                   [](const RecordRequest&) { return Permission::record; },
                   [](const RecordStopRequest&) { return Permission::record; },
                   [](const MarkRequest&) { return Permission::record; },
                   [](const MarkDeleteRequest&) { return Permission::record; },
                   [](const ScheduleRequest&) { return Permission::record; },
                   [](const ScheduleDeleteRequest&) { return Permission::record; },
                   [](const PlayRequest& play) { return play.input ? Permission::record : Permission::play; },
                   [](const VolumeRequest& volume) { return volume.max_level ? Permission::admin : Permission::play; },
                   [](const auto&) { return Permission::play; }},
        body);
}

}  // namespace antiphon::core
