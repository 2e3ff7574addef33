// What coordinator and worker say to each other, in the envelope that every message travels in. docs/protocol.md shows
// each kind with an example; the golden files beside the decoder hold every released version.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <boost/describe/enum.hpp>

#include "core/documents.hpp"
#include "core/result.hpp"

namespace antiphon::core {

inline constexpr int protocol_version = 1;

// coordinator -> worker, retained: the worker's desired state.
struct Desired {
    static constexpr std::string_view kind = "desired";
    DesiredDocument document;
    friend bool operator==(const Desired&, const Desired&) = default;
};
BOOST_DESCRIBE_STRUCT(Desired, (), (document))

// worker -> coordinator, retained.
struct Reported {
    static constexpr std::string_view kind = "reported";
    ReportedDocument document;
    friend bool operator==(const Reported&, const Reported&) = default;
};
BOOST_DESCRIBE_STRUCT(Reported, (), (document))

// coordinator -> worker, a command: say what you are doing now.
struct Ping {
    static constexpr std::string_view kind = "ping";
    friend bool operator==(const Ping&, const Ping&) = default;
};
BOOST_DESCRIBE_STRUCT(Ping, (), ())

// worker -> coordinator, the reply to a command.
struct Pong {
    static constexpr std::string_view kind = "pong";
    MessageId command;  // the id of the command's envelope
    Boot boot;
    Generation applied;
    Activity activity = Activity::waiting;
    LocalTime stamp;
    friend bool operator==(const Pong&, const Pong&) = default;
};
BOOST_DESCRIBE_STRUCT(Pong, (), (command, boot, applied, activity, stamp))

// coordinator -> worker, a command.
struct BluetoothCommand {
    static constexpr std::string_view kind = "bluetooth";
    BluetoothOrder order;
    friend bool operator==(const BluetoothCommand&, const BluetoothCommand&) = default;
};
BOOST_DESCRIBE_STRUCT(BluetoothCommand, (), (order))

BOOST_DESCRIBE_ENUM(ErrorCode, invalid, not_found, conflict, denied, exhausted, unavailable, corrupt, internal)

// worker -> coordinator, the reply to a command that may fail.
struct Outcome {
    static constexpr std::string_view kind = "outcome";
    MessageId command;                // the id of the command's envelope
    std::optional<ErrorCode> failed;  // absent: it was obeyed
    std::string what;                 // why not
    friend bool operator==(const Outcome&, const Outcome&) = default;
};
BOOST_DESCRIBE_STRUCT(Outcome, (), (command, failed, what))

// A connection of a worker's to the broker: later ones are greater.
struct Connection {
    Boot boot;
    std::uint64_t number = 0;  // within the life of the process, from 1
    friend auto operator<=>(const Connection&, const Connection&) = default;
};
BOOST_DESCRIBE_STRUCT(Connection, (), (boot, number))

// worker -> coordinator, retained; the last will says false.
struct Alive {
    static constexpr std::string_view kind = "alive";
    bool alive = false;
    std::optional<Connection> connection;  // that begins, or is over for good; absent: it does not say
    friend bool operator==(const Alive&, const Alive&) = default;
};
BOOST_DESCRIBE_STRUCT(Alive, (), (alive, connection))

using MessageBody = std::variant<Desired, Reported, Ping, Pong, Alive, BluetoothCommand, Outcome>;

struct EnvelopeHeader {
    int v = protocol_version;
    MessageId id;
    Epoch epoch;                           // of the coordinator's life; from a worker, the highest it has seen
    std::optional<Generation> generation;  // of the desired document it belongs to
    WallTime sent;                         // for people who read a trace
    std::optional<ClusterTime> deadline;   // of a command; after it, it must have no effect
    std::optional<std::string> trace;      // the request that caused it

    friend bool operator==(const EnvelopeHeader&, const EnvelopeHeader&) = default;
};
BOOST_DESCRIBE_STRUCT(EnvelopeHeader, (), (v, id, epoch, generation, sent, deadline, trace))

struct Message {
    EnvelopeHeader header;
    MessageBody body;

    friend bool operator==(const Message&, const Message&) = default;
};

}  // namespace antiphon::core
