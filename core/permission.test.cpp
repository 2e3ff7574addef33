// Laws of permissions, and of what each request takes.
#include "core/permission.hpp"

#include <gtest/gtest.h>

#include "core/requests.hpp"

namespace antiphon::core {
namespace {

TEST(Permission, NothingImpliesAnotherAndNoneIsEverybodys) {
    const PermissionSet admin{Permission::admin};
    EXPECT_TRUE(admin.has(Permission::admin));
    EXPECT_TRUE(admin.has(Permission::none));
    EXPECT_FALSE(admin.has(Permission::view));
    EXPECT_FALSE(PermissionSet::everything().has(Permission::worker));
}

TEST(Permission, ItsNameReadsBackAndAnotherIsRefusedByName) {
    for (const auto permission : {Permission::view, Permission::play, Permission::record, Permission::pair,
                                  Permission::update, Permission::admin, Permission::worker})
        EXPECT_EQ(*parse_permission(to_string(permission)), permission);
    EXPECT_NE(parse_permission("root").error().what.find("'root' is unknown"), std::string::npos);
}

TEST(Permission, EachRequestTakesOne) {
    EXPECT_EQ(permission_of(PlayRequest{}), Permission::play);
    EXPECT_EQ(permission_of(VolumeRequest{}), Permission::play);
    EXPECT_EQ(permission_of(VolumeRequest{.max_level = 1.0}), Permission::admin) << "whoever sets it protects ears";
    EXPECT_EQ(permission_of(RecordStopRequest{}), Permission::record);
    EXPECT_EQ(permission_of(PingRequest{}), Permission::view);
    EXPECT_EQ(permission_of(MaintenanceRequest{}), Permission::update);
    EXPECT_EQ(permission_of(InviteRequest{}), Permission::admin);
    EXPECT_EQ(permission_of(WorkerRemoveRequest{}), Permission::admin);
    EXPECT_EQ(permission_of(TokenCreateRequest{}), Permission::admin);
    EXPECT_EQ(permission_of(TokenRevokeRequest{}), Permission::admin);
    EXPECT_EQ(permission_of(JoinRequest{}), Permission::none) << "its invitation is its permission";
}

TEST(PermissionSet, ListsWhatItHas) {
    EXPECT_EQ((PermissionSet{Permission::play, Permission::view}).list(),
              (std::vector{Permission::view, Permission::play}));
    EXPECT_TRUE(PermissionSet({Permission::none}).list().empty());
}

}  // namespace
}  // namespace antiphon::core
