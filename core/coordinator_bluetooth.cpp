// Bluetooth: orders that people give to boards, and the devices that were paired with them.
#include <algorithm>

#include <boost/describe/enum_to_string.hpp>

#include "core/bluetooth.hpp"
#include "core/coordinator_turn.hpp"
#include "core/why_device.hpp"

namespace antiphon::core {
namespace {

constexpr std::int64_t length_min_ms = 1000;
constexpr std::int64_t scan_max_ms = 60'000;

std::string device_at(const std::string& address) { return std::string(bluetooth_prefix) + address; }

Result<void> require_length(const BluetoothOrder& order, std::int64_t max_ms) {
    if (order.length_ms <= max_ms && order.length_ms >= length_min_ms) return {};
    return Error{ErrorCode::invalid,
                 std::to_string(order.length_ms) + " ms is outside 1 to " + std::to_string(max_ms / 1000) + " s"};
}

// With its address as everybody writes it.
Result<BluetoothOrder> checked(BluetoothOrder order) {
    using enum BluetoothVerb;
    if (order.verb == scan || order.verb == open)
        if (auto length =
                require_length(order, order.verb == scan ? scan_max_ms : BluetoothLimits::order_length_max_ms);
            !length)
            return length.error();
    if (order.verb == scan || order.verb == open || order.verb == close) return order;
    auto address = parse_bluetooth_address(order.address);
    if (!address) return address.error();
    order.address = std::move(address->value);
    return order;
}

Result<void> require_free_name(const CoordinatorDraft& draft, const WorkerRow& worker, const std::string& device,
                               const std::string& output) {
    const auto shown = worker.name + "/" + output;
    const auto taken = [&](const std::string& as) {
        return Error{ErrorCode::conflict, shown + " is " + as + " already; choose another name"};
    };
    std::optional<Error> error;
    draft.pairings.each([&](const PairingRow& row) {
        if (row.output == EndpointId{worker.id, output} && row.device != device) error = taken(row.device);
    });
    const auto* presence = draft.presence.find(worker.id);
    if (!presence) return {};
    for (const auto& endpoint : presence->reported.inputs)
        if (endpoint.name == output) error = taken("the input " + endpoint.device);
    for (const auto& endpoint : presence->reported.outputs) {
        if (endpoint.name == output && endpoint.device != device) error = taken(endpoint.device);
        if (endpoint.name != output && endpoint.device == device)
            error = Error{ErrorCode::conflict, "worker '" + worker.name + "' has declared " + device +
                                                   " as its output " + endpoint.name + "; pair it under that name"};
    }
    if (error) return *error;
    return {};
}

Result<void> require_pairable(const CoordinatorDraft& draft, const WorkerRow& worker, const std::string& device,
                              const std::string& output) {
    if (const auto name = parse_name(output); !name) return name.error();
    const EndpointId wanted{worker.id, output};
    if (const auto* known = draft.pairings.find(device)) {
        if (known->output == wanted) return {};
        return Error{ErrorCode::conflict, device + " is paired as " + display_name(draft, known->output) +
                                              " already; forget it there first: antiphon bluetooth forget"};
    }
    if (auto free = require_free_name(draft, worker, device, output); !free) return free;
    if (count_of(draft.pairings) >= pairings_max)
        return Error{ErrorCode::exhausted, std::to_string(pairings_max) + " devices are paired, the bound"};
    return require_free_device(draft, device, wanted);
}

// Nobody loses what he hears by it.
Result<void> require_silent(const CoordinatorDraft& draft, const WorkerRow& worker, const std::string& device) {
    std::optional<Error> error;
    draft.sessions.each([&](const SessionRow& session) {
        for (const auto& output : session.outputs)
            if (session.active() && output.worker == worker.id && device_of(draft, output) == device)
                error = Error{ErrorCode::conflict, device + " plays session " + session.id.value +
                                                       "; stop it first: antiphon stop " + session.id.value};
    });
    if (error) return *error;
    return {};
}

Result<void> require_possible(const CoordinatorDraft& draft, const WorkerRow& worker, const BluetoothOrder& order,
                              const std::string& output) {
    const auto* presence = draft.presence.find(worker.id);
    if (!presence || !presence->online)
        return Error{ErrorCode::unavailable, "worker '" + worker.name + "' is offline; switch it on"};
    if (presence->reported.boot.value == 0)
        return Error{ErrorCode::unavailable, "worker '" + worker.name + "' has not told yet what it has; try again"};
    const auto device = device_at(order.address);
    if (order.verb == BluetoothVerb::pair) return require_pairable(draft, worker, device, output);
    if (order.verb == BluetoothVerb::forget) return require_silent(draft, worker, device);
    return {};
}

std::string name_of(const CoordinatorDraft& draft, const WorkerId& worker, const std::string& address) {
    const auto* presence = draft.presence.find(worker);
    const auto* device = presence ? find_device(presence->reported, address) : nullptr;
    return device && !device->name.empty() ? device->name : address;
}

struct Words {
    const char* topic;
    std::string text;
};

// What is told of an order that was obeyed; nothing of what changes nothing.
std::optional<Words> words_of(const BluetoothOrder& order, const WorkerRow& worker, const std::string& name) {
    const auto on = " on '" + worker.name + "'";
    switch (order.verb) {
        case BluetoothVerb::open:
            return Words{"pairing.opened",
                         "devices may ask to be paired" + on + " for " + std::to_string(order.length_ms / 1000) + " s"};
        case BluetoothVerb::close:
            return Words{"pairing.closed", "devices may not ask to be paired any more" + on};
        case BluetoothVerb::accept:
            return Words{"device.accepted", "'" + name + "' may be paired" + on};
        case BluetoothVerb::refuse:
            return Words{"device.refused", "'" + name + "' may not be paired" + on};
        case BluetoothVerb::forget:
            return Words{"device.forgotten", "'" + name + "' is paired no more" + on};
        case BluetoothVerb::pair:
        case BluetoothVerb::scan:
        case BluetoothVerb::connect:
            break;
    }
    return std::nullopt;
}

void keep_pairing(CoordinatorTurn& turn, const WorkerRow& worker, Ask ask) {
    const auto device = device_at(ask.order->order.address);
    if (auto pairable = require_pairable(turn.draft, worker, device, ask.order->output); !pairable)
        return finish(turn, ask, pairable.error());  // somebody was faster
    PairingRow row{device,
                   {worker.id, ask.order->output},
                   name_of(turn.draft, worker.id, ask.order->order.address),
                   turn.draft.label.on(turn.now)};
    if (!turn.draft.pairings.find(device)) {
        turn.announce("device.paired", device, "'" + row.name + "' is " + display_name(turn.draft, row.output));
        turn.draft.holds.put(device, {device, row.output});
        turn.draft.pairings.put(device, std::move(row));
        turn.touched.insert(worker.id);
    }
    ask.order->obeyed = true;
    turn.draft.asks.put(ask.id, ask);
    const auto* presence = turn.draft.presence.find(worker.id);
    if (presence) grant_pairings(turn, worker.id, presence->reported);
}

void drop_pairing(CoordinatorTurn& turn, const WorkerRow& worker, const std::string& device) {
    const auto* row = turn.draft.pairings.find(device);
    if (!row || row->output.worker != worker.id) return;
    turn.draft.pairings.erase(device);  // its hold stays until the board has said that it lets go
    turn.touched.insert(worker.id);
    if (const auto* presence = turn.draft.presence.find(worker.id))
        grant_pairings(turn, worker.id, presence->reported);  // whoever waits for its output waits in vain
}

void note_device(CoordinatorTurn& turn, const WorkerRow& worker, const DeviceReport& device) {
    turn.note("device." + std::string(boost::describe::enum_to_string(device.state, "")), device_at(device.address),
              "'" + (device.name.empty() ? device.address : device.name) + "' on '" + worker.name + "' " +
                  state_words(device));
}

}  // namespace

void publish_order(CoordinatorTurn& turn, const Ask& ask) {
    turn.effects.push_back(
        PublishOrder{ask.worker, ask.id, turn.cluster_now() + (ask.deadline - turn.now), ask.order->order});
}

void start_ask(CoordinatorTurn& turn, const UserRequest& request, const BluetoothRequest& bluetooth) {
    const auto refuse = [&](const Error& why) { turn.effects.push_back(Answer{request.id, why}); };
    const auto worker = require_askable(turn, bluetooth.worker);
    if (!worker) return refuse(worker.error());
    auto order = checked(bluetooth.order);
    if (!order) return refuse(order.error());
    if (auto possible = require_possible(turn.draft, **worker, *order, bluetooth.output); !possible)
        return refuse(possible.error());
    const auto limit = order->verb == BluetoothVerb::pair ? pair_limit : ask_limit;
    Ask ask{turn.new_message_id(), request.id, (*worker)->id, false, turn.now + limit};
    ask.order = OrderAsk{std::move(*order), bluetooth.output, turn.asked_by, false, turn.now};
    turn.draft.asks.put(ask.id, ask);
    publish_order(turn, ask);
}

void repeat_orders(CoordinatorTurn& turn) {
    std::vector<Ask> due;
    turn.draft.asks.each([&](const Ask& ask) {
        const bool waits = ask.order && !ask.order->obeyed && turn.now <= ask.deadline;
        if (waits && turn.now - ask.order->told >= order_again_after) due.push_back(ask);
    });
    for (auto& ask : due) {
        ask.order->told = turn.now;
        publish_order(turn, ask);
        turn.draft.asks.put(ask.id, ask);
    }
}

void hear_outcome(CoordinatorTurn& turn, const WorkerRow& worker, const Outcome& outcome) {
    const auto* known = turn.draft.asks.find(outcome.command);
    if (!known || !known->order || known->order->obeyed || known->worker != worker.id || turn.now > known->deadline) {
        ++turn.draft.counters.late_replies;
        return;
    }
    const Ask ask = *known;
    const auto& order = ask.order->order;
    if (outcome.failed) return finish(turn, ask, Error{*outcome.failed, outcome.what});
    turn.asked_by = ask.order->asked_by;
    if (order.verb == BluetoothVerb::pair) return keep_pairing(turn, worker, ask);
    if (order.verb == BluetoothVerb::forget) drop_pairing(turn, worker, device_at(order.address));
    const auto object = order.address.empty() ? worker.id.value : device_at(order.address);
    if (const auto words = words_of(order, worker, name_of(turn.draft, worker.id, order.address)))
        turn.announce(words->topic, object, words->text);
    finish(turn, ask, AnswerBody{Done{}});
}

void grant_pairings(CoordinatorTurn& turn, const WorkerId& worker, const ReportedDocument& reported) {
    std::vector<Ask> granted;
    turn.draft.asks.each([&](const Ask& ask) {
        if (!ask.order || !ask.order->obeyed || ask.worker != worker || turn.now > ask.deadline) return;
        const auto device = device_at(ask.order->order.address);
        if (!turn.draft.pairings.find(device) ||
            std::ranges::find(reported.outputs, device, &Endpoint::device) != reported.outputs.end())
            granted.push_back(ask);
    });
    for (const auto& ask : granted) {
        const auto* row = turn.draft.pairings.find(device_at(ask.order->order.address));
        if (row)
            finish(turn, ask, AnswerBody{*row});
        else
            finish(turn, ask, Error{ErrorCode::conflict, "it was forgotten meanwhile"});
    }
}

void note_devices(CoordinatorTurn& turn, const WorkerRow& worker, const ReportedDocument& before,
                  const ReportedDocument& now) {
    if (!now.bluetooth) return;
    for (const auto& device : now.bluetooth->devices) {
        const auto* old = find_device(before, device.address);
        const bool ours = turn.draft.pairings.find(device_at(device.address)) || device.paired;
        const bool changed = !old || old->state != device.state || old->reason != device.reason;
        if (ours && changed) note_device(turn, worker, device);
    }
}

void move_pairings(CoordinatorTurn& turn, const WorkerId& old, const WorkerId* successor) {
    std::vector<PairingRow> rows;
    turn.draft.pairings.each([&](const PairingRow& row) {
        if (row.output.worker == old) rows.push_back(row);
    });
    for (auto& row : rows) {
        if (!successor) {
            turn.draft.pairings.erase(row.device);
            continue;
        }
        row.output.worker = *successor;
        turn.draft.holds.put(row.device, {row.device, row.output});
        turn.draft.pairings.put(row.device, row);
    }
}

}  // namespace antiphon::core
