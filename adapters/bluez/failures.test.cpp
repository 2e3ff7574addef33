// Laws of BlueZ's errors: who is away is told from who refuses, and both from an adapter that hangs.
#include "adapters/bluez/failures.hpp"

#include <gtest/gtest.h>

namespace antiphon::bluez {
namespace {

using core::RadioFailure;

TEST(BluezFailures, TellAwayFromRefusedFromHung) {
    EXPECT_EQ(failure_of("org.bluez.Error.Failed", "br-connection-page-timeout"), RadioFailure::away);
    EXPECT_EQ(failure_of("org.bluez.Error.Failed", "Host is down"), RadioFailure::away);
    EXPECT_EQ(failure_of("org.bluez.Error.ConnectionAttemptFailed", "Page Timeout"), RadioFailure::away);
    EXPECT_EQ(failure_of("org.bluez.Error.Failed", "br-connection-key-missing"), RadioFailure::refused);
    EXPECT_EQ(failure_of("org.bluez.Error.AuthenticationRejected", "Authentication Rejected"), RadioFailure::refused);
    EXPECT_EQ(failure_of("org.bluez.Error.NotAvailable", "br-connection-profile-unavailable"), RadioFailure::profile);
    EXPECT_EQ(failure_of("org.freedesktop.DBus.Error.NoReply", "Did not receive a reply"), RadioFailure::hung);
    EXPECT_EQ(failure_of("org.bluez.Error.AlreadyConnected", "Already Connected"), RadioFailure::none);
    EXPECT_EQ(failure_of("org.bluez.Error.InProgress", "br-connection-busy"), RadioFailure::other);
    EXPECT_EQ(failure_of("", ""), RadioFailure::other);
}

}  // namespace
}  // namespace antiphon::bluez
