// The first row that fits counts: words of the message say more than the error's name.
#include "adapters/bluez/failures.hpp"

#include <array>

namespace antiphon::bluez {
namespace {

using core::RadioFailure;

struct Row {
    std::string_view words;
    RadioFailure failure;
};

constexpr std::array messages{
    Row{"page-timeout", RadioFailure::away},
    Row{"Host is down", RadioFailure::away},
    Row{"No route to host", RadioFailure::away},
    Row{"aborted-by-remote", RadioFailure::refused},
    Row{"br-connection-refused", RadioFailure::refused},
    Row{"Connection refused", RadioFailure::refused},
    Row{"key-missing", RadioFailure::refused},
    Row{"Invalid exchange", RadioFailure::refused},
    Row{"Permission denied", RadioFailure::refused},
    Row{"profile-unavailable", RadioFailure::profile},
    Row{"Protocol not available", RadioFailure::profile},
    Row{"adapter-not-powered", RadioFailure::other},
};

constexpr std::array names{
    Row{"org.bluez.Error.AlreadyConnected", RadioFailure::none},
    Row{"org.bluez.Error.AlreadyExists", RadioFailure::none},
    Row{"org.bluez.Error.ConnectionAttemptFailed", RadioFailure::away},
    Row{"org.bluez.Error.AuthenticationTimeout", RadioFailure::away},
    Row{"org.bluez.Error.AuthenticationFailed", RadioFailure::refused},
    Row{"org.bluez.Error.AuthenticationRejected", RadioFailure::refused},
    Row{"org.bluez.Error.AuthenticationCanceled", RadioFailure::refused},
    Row{"org.bluez.Error.NotAvailable", RadioFailure::profile},
    Row{"org.bluez.Error.NotSupported", RadioFailure::profile},
    Row{"org.freedesktop.DBus.Error.NoReply", RadioFailure::hung},
    Row{"org.freedesktop.DBus.Error.Timeout", RadioFailure::hung},
    Row{"System.Error.ETIMEDOUT", RadioFailure::hung},
};

}  // namespace

RadioFailure failure_of(std::string_view name, std::string_view message) {
    for (const auto& row : messages)
        if (message.find(row.words) != std::string_view::npos) return row.failure;
    for (const auto& row : names)
        if (name == row.words) return row.failure;
    return RadioFailure::other;
}

}  // namespace antiphon::bluez
