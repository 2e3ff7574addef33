// The Bluetooth devices of one board: which are paired, connected and heard, and what is done about those that are not.
// Level-triggered, as the worker: after every event what is there is compared with what is wanted. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/bluetooth_words.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::core {

// "AA:BB:CC:DD:EE:FF", upper case. Names a device; proves nothing.
struct BluetoothAddress {
    std::string value;

    friend auto operator<=>(const BluetoothAddress&, const BluetoothAddress&) = default;
};
// `invalid` tells the form. Lower case is taken as well.
Result<BluetoothAddress> parse_bluetooth_address(std::string_view text);

// ---- what the system tells

struct AdapterFacts {
    std::string id;  // "hci0"
    bool powered = false;
    bool discovering = false;
    bool pairable = false;

    friend bool operator==(const AdapterFacts&, const AdapterFacts&) = default;
};
struct DeviceFacts {
    std::string adapter;
    BluetoothAddress address;
    std::string name;
    bool bonded = false;
    bool trusted = false;
    bool connected = false;
    bool resolved = false;   // its services are known
    bool sink = false;       // it takes sound (A2DP)
    bool transport = false;  // sound can be sent to it
    bool taken = false;      // it can, but by another program of this board
    std::optional<int> battery_percent;

    friend bool operator==(const DeviceFacts&, const DeviceFacts&) = default;
};

// ---- events

// BlueZ is there, or gone, and with it all that it told.
struct BluezChanged {
    bool there = false;
};
struct AdapterTold {
    AdapterFacts facts;
};
struct AdapterGone {
    std::string id;
};
struct DeviceTold {
    DeviceFacts facts;
};
struct DeviceGone {
    std::string adapter;
    BluetoothAddress address;
};
using RadioCallId = std::uint64_t;
enum class RadioFailure : std::uint8_t {
    none,
    away,     // it does not answer a page
    refused,  // it says no: the bond is gone on its side, or it is in somebody else's hands
    profile,  // it has no way to take sound
    hung,     // the adapter never ended the call
    other,
};
struct RadioCallEnded {
    RadioCallId id = 0;
    RadioFailure failure = RadioFailure::none;
    std::string what;  // BlueZ's words
};
// Which devices this board may drive, and which of them have something to play. Others are left alone.
struct DevicesWanted {
    std::set<BluetoothAddress> ours;
    std::set<BluetoothAddress> sounding;
};
struct PairAsked {
    MessageId request;
    BluetoothAddress address;
};
struct ForgetAsked {
    MessageId request;
    BluetoothAddress address;
};
// Now, not when its turn comes.
struct ConnectAsked {
    BluetoothAddress address;
};
struct ScanAsked {
    Duration length;
};
// Devices may ask to be paired for a while; nobody's asking is granted without a person's word.
struct PairingOpened {
    Duration length = std::chrono::seconds(60);
};
struct PairingClosed {};
// A device asks to be paired, or to use a service.
struct AgentAsked {
    std::uint64_t question = 0;
    BluetoothAddress address;
    std::optional<std::uint32_t> passkey;  // to be compared; absent: there is none to compare
    bool service = false;
};
struct AgentAnswered {
    BluetoothAddress address;
    bool yes = false;
};
struct BluetoothTick {};

using BluetoothEvent = std::variant<BluezChanged, AdapterTold, AdapterGone, DeviceTold, DeviceGone, RadioCallEnded,
                                    DevicesWanted, PairAsked, ForgetAsked, ConnectAsked, ScanAsked, PairingOpened,
                                    PairingClosed, AgentAsked, AgentAnswered, BluetoothTick>;

// ---- effects

enum class RadioCallKind : std::uint8_t {
    power_on,
    start_scan,
    stop_scan,
    open_pairing,
    close_pairing,
    pair,
    trust,
    connect,
    disconnect,
    forget,
    // of an adapter that hangs, the milder first
    power_cycle,
    unblock,
    reset,
};
struct RadioCall {
    RadioCallId id = 0;
    RadioCallKind kind = RadioCallKind::power_on;
    std::string adapter;
    BluetoothAddress address = {};  // empty: of the adapter
};
struct AnswerAgent {
    std::uint64_t question = 0;
    bool yes = false;
};
// For the journal and for who asks why.
struct DeviceBecame {
    BluetoothAddress address;
    DeviceState state = DeviceState::absent;
    std::string reason;
};
struct BluetoothAnswer {
    MessageId request;
    Result<void> result;
};

using BluetoothEffect = std::variant<RadioCall, AnswerAgent, DeviceBecame, BluetoothAnswer>;

// ---- state

struct BluetoothAdapter {
    AdapterFacts facts;
    int hung_calls = 0;                        // in a row
    std::size_t remedies = 0;                  // that were tried
    std::optional<LocalTime> wait_until = {};  // a remedy is at work, or all have failed
    std::string trouble = {};                  // empty: it works
};

struct AgentQuestion {
    std::uint64_t id = 0;
    std::optional<std::uint32_t> passkey;
    LocalTime until;  // then the answer is no
};

struct BluetoothDevice {
    std::optional<DeviceFacts> facts;  // absent: nobody has seen it in this life
    DeviceState state = DeviceState::absent;
    std::string reason;
    int failed_pages = 0;  // in a row
    LocalTime next_page;
    std::optional<LocalTime> page_due = {};      // when nothing but time keeps it from being paged
    std::string failure = {};                    // what keeps it from working; goes when it is connected again
    bool driven = false;                         // we have had it connected
    std::optional<MessageId> pairing = {};       // for whom
    std::optional<LocalTime> sought_until = {};  // a pairing that waits for it to be seen
    std::optional<MessageId> forgetting = {};    // for whom
    std::optional<AgentQuestion> question = {};
};

struct BluetoothState {
    bool bluez = false;
    std::map<std::string, BluetoothAdapter> adapters;  // those that are ours
    std::map<BluetoothAddress, BluetoothDevice> devices;
    std::set<BluetoothAddress> ours;
    std::set<BluetoothAddress> sounding;
    struct Call {
        RadioCall call;
        LocalTime until;
    };
    std::map<RadioCallId, Call> calls;  // that have not ended
    std::vector<Call> lately;           // that have, and are not made again until then
    std::optional<LocalTime> scan_until;
    std::optional<LocalTime> pairing_until;
    RadioCallId last_call = 0;
};

struct BluetoothLimits {
    static constexpr std::size_t devices_max = 256;  // strangers that a scan finds are forgotten beyond
    static constexpr Duration call_max = std::chrono::seconds(30);
    static constexpr std::int64_t order_length_max_ms = 300'000;     // of an open pairing
    static constexpr Duration call_again = std::chrono::seconds(2);  // one that was refused, or did not help yet
    static constexpr Duration page_retry_min = std::chrono::seconds(2);
    static constexpr Duration page_retry_max = std::chrono::seconds(30);
    static constexpr Duration sound_wait =
        std::chrono::seconds(5);  // for a connected device to set up its way for sound
    static constexpr Duration question_max = std::chrono::seconds(30);
    static constexpr Duration seek_max = std::chrono::seconds(20);  // for a device that is to be paired
    static constexpr int hung_calls_max = 2;                        // then the adapter is helped
    static constexpr Duration remedy_wait = std::chrono::seconds(10);
    static constexpr Duration remedies_again = std::chrono::minutes(5);
};

// What follows from an event. `now` does not go back. Each call that is made ends with a RadioCallEnded, or is given up
// after BluetoothLimits::call_max. At most one page or pairing at a time goes out by an adapter, and none but each
// half minute for a device while that adapter streams: paging takes the air from what is heard.
std::vector<BluetoothEffect> bluetooth_step(BluetoothState& state, LocalTime now, const BluetoothEvent& event);

// When something is due without an event.
std::optional<LocalTime> bluetooth_due(const BluetoothState& state);

// What the coordinator is told of it. `trouble`: why BlueZ is not there.
BluetoothReport bluetooth_report(const BluetoothState& state, const std::string& trouble);

}  // namespace antiphon::core
