// The names and ids of everything in the cluster. An id never changes; a name is a label that may.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/tagged.hpp"

namespace antiphon::core {

using WorkerId = Tagged<struct WorkerIdTag, std::string>;
using SessionId = Tagged<struct SessionIdTag, std::string>;
using RecordingId = Tagged<struct RecordingIdTag, std::string>;
using MarkId = Tagged<struct MarkIdTag, std::string>;
using ScheduleId = Tagged<struct ScheduleIdTag, std::string>;
using ZoneId = Tagged<struct ZoneIdTag, std::string>;
using TokenId = Tagged<struct TokenIdTag, std::string>;
using MessageId = Tagged<struct MessageIdTag, std::string>;

// SHA-256 of the content, 64 lower-case hexadecimal digits.
using BlobHash = Tagged<struct BlobHashTag, std::string>;

// Grows with each life of the coordinator; a lower one is refused (state rule 4).
using Epoch = Tagged<struct EpochTag, std::uint64_t>;
// Version of one worker's desired document (state rules 1 and 2).
using Generation = Tagged<struct GenerationTag, std::uint64_t>;
// Grows with each start of a worker process (state rule 3).
using Boot = Tagged<struct BootTag, std::uint64_t>;

// `[a-z0-9][a-z0-9-]{0,31}`, and not "all". The error names what is wrong with it and gives an example.
Result<std::string> parse_name(std::string_view text);

// "worker/output", both names. `worker` is the worker's name, not its id.
struct EndpointName {
    std::string worker;
    std::string endpoint;

    std::string text() const { return worker + "/" + endpoint; }
    friend auto operator<=>(const EndpointName&, const EndpointName&) = default;
};
Result<EndpointName> parse_endpoint_name(std::string_view text);

// 64 lower-case hexadecimal digits.
Result<BlobHash> parse_blob_hash(std::string_view text);

}  // namespace antiphon::core
