// What the long-running verbs are asked to do, once flags, environment, configuration and defaults are settled.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/system/log.hpp"
#include "adapters/tls/server_identity.hpp"
#include "core/units.hpp"

namespace antiphon::node {

struct CoordinatorOptions {
    std::filesystem::path data;
    std::string listen = "127.0.0.1:8740";        // a HOST:PORT that parses
    std::optional<std::string> broker;            // mqtt://...; absent: a private broker
    std::uint16_t mqtt_port = 8741;               // of the private broker
    std::uint16_t clock_port = 8742;              // UDP
    std::uint16_t audio_port = 8744;              // UDP, the first of 256: each live source takes a free one
    bool insecure_lan = false;                    // beyond loopback without TLS
    std::optional<tls::IdentityFiles> tls;        // of HTTP and the private broker; absent: plain
    std::optional<std::filesystem::path> tls_ca;  // of a mqtts:// broker; absent: the system's authorities
    system::log::Format log_format = system::log::Format::text;
    std::optional<std::string> room;  // the folder of a virtual room, which gives this node its clock
};

struct RestoreOptions {
    std::filesystem::path file;  // a backup
    std::filesystem::path data;  // of the coordinator; not there yet, or empty
};

// What came of it.
struct Restored {
    std::string data;  // folder
    std::string cluster;
    std::uint64_t epoch = 0;
    core::WallTime made;  // when the backup was made
    bool whole = false;
    std::uint64_t files = 0;
};
BOOST_DESCRIBE_STRUCT(Restored, (), (data, cluster, epoch, made, whole, files))

// A name and its device, such as {"left", "alsa:hw:0"}.
using NamedDevice = std::pair<std::string, std::string>;

struct WorkerOptions {
    std::string name;
    std::optional<std::string> join;  // URL#TOKEN that parses; not looked at once enrolled
    std::filesystem::path data;
    std::vector<NamedDevice> outputs;  // the names differ, here and among the inputs
    std::vector<NamedDevice> inputs;
    std::vector<std::string> adapters;  // of Bluetooth, "hci0": ours; empty: none, unless an output is bluetooth:
    std::vector<std::string> codecs;    // for Bluetooth, the best first, such as "sbc"; empty: the usual ones
    system::log::Format log_format = system::log::Format::text;
    std::optional<std::string> room;              // of virtual devices that name none, and of this node's clock
    std::optional<std::filesystem::path> tls_ca;  // of an https coordinator and a mqtts broker; absent: the system's
    std::optional<std::filesystem::path> broker_login;  // at a broker of somebody else; absent: anonymous
    std::uint64_t recordings_max_bytes = 0;             // on the board; 0: what the disk has, less some
    bool clock_agreement = true;  // false only in tests: keeps its first offset, and its crystal runs free
};

}  // namespace antiphon::node
