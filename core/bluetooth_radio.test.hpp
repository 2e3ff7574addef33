// A board's radio and the devices around it, by arithmetic: what BlueZ would tell, and what it would do. Time is
// advanced.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "core/bluetooth.hpp"

namespace antiphon::core::test {

// Not for messages of its own making: tell() is what happens.
class Radio {
  public:
    static constexpr Duration page_takes = std::chrono::milliseconds(5120);  // BlueZ's page timeout

    struct Thing {
        DeviceFacts facts;
        bool near = true;
        bool refuses = false;
    };

    Radio() {
        tell(BluezChanged{true});
        tell(AdapterTold{adapter});
    }

    void tell(const BluetoothEvent& event) {
        for (const auto& effect : bluetooth_step(state, now, event)) {
            if (const auto* call = std::get_if<RadioCall>(&effect)) begin(*call);
            if (const auto* became = std::get_if<DeviceBecame>(&effect)) history.push_back(*became);
            if (const auto* answer = std::get_if<AnswerAgent>(&effect)) agent.push_back(answer->yes);
            if (const auto* answer = std::get_if<BluetoothAnswer>(&effect)) answers.push_back(answer->result);
        }
    }
    Thing& bond(const BluetoothAddress& address) {
        auto& thing = add(address);
        thing.facts.bonded = true;
        tell(DeviceTold{thing.facts});
        return thing;
    }
    Thing& add(const BluetoothAddress& address) {
        auto& thing = things[address];
        thing.facts.adapter = adapter.id;
        thing.facts.address = address;
        tell(DeviceTold{thing.facts});
        return thing;
    }
    void leave(const BluetoothAddress& address) {
        auto& thing = things[address];
        thing.near = false;
        thing.facts.connected = thing.facts.resolved = thing.facts.transport = false;
        tell(DeviceTold{thing.facts});
    }
    void want(std::set<BluetoothAddress> ours, std::set<BluetoothAddress> sounding = {}) {
        tell(DevicesWanted{std::move(ours), std::move(sounding)});
    }
    // Lets time pass, in steps of what is due.
    void pass(Duration length) {
        const auto until = now + length;
        int steps = 0;
        while (true) {
            auto next = until;
            if (const auto due = bluetooth_due(state)) next = std::min(next, std::max(now, *due));
            for (const auto& [id, ending] : endings) next = std::min(next, std::max(now, ending.at));
            now = next;
            const auto ended = std::ranges::find_if(endings, [&](const auto& one) { return one.second.at <= now; });
            if (ended != endings.end()) {
                const auto done = std::move(ended->second.done);
                endings.erase(ended);
                done();
            } else if (now >= until) {
                return;
            } else {
                tell(BluetoothTick{});
            }
            ASSERT_LT(++steps, 100'000) << "it turns without an end";
        }
    }
    void end_bluez() {
        endings.clear();
        pages_at_once = 0;
        tell(BluezChanged{false});
    }
    // One that has ended, or was given up.
    RadioCallId ended_call() const {
        auto id = state.last_call;
        while (state.calls.contains(id)) --id;
        return id;
    }
    const BluetoothDevice& device(const BluetoothAddress& address) { return state.devices.at(address); }
    std::vector<RadioCall> calls_of(RadioCallKind kind) const {
        std::vector<RadioCall> found;
        std::ranges::copy_if(calls, std::back_inserter(found), [&](const auto& call) { return call.kind == kind; });
        return found;
    }

    BluetoothState state;
    LocalTime now{0};
    AdapterFacts adapter{"hci0", true, false, false};
    std::map<BluetoothAddress, Thing> things;
    bool hangs = false;
    bool blocked = false;  // it cannot be switched on
    bool closed = false;   // it cannot be made to take bonds
    RadioCallKind heals = RadioCallKind::reset;
    std::vector<RadioCall> calls;
    std::vector<LocalTime> called;
    std::vector<DeviceBecame> history;
    std::vector<bool> agent;
    std::vector<Result<void>> answers;
    int pages_at_once = 0, pages_at_once_max = 0;

  private:
    struct Ending {
        LocalTime at;
        std::function<void()> done;
    };

    void begin(const RadioCall& call) {
        calls.push_back(call);
        called.push_back(now);
        const bool page = call.kind == RadioCallKind::connect || call.kind == RadioCallKind::pair;
        if (page) pages_at_once_max = std::max(pages_at_once_max, ++pages_at_once);
        const bool remedy = call.kind >= RadioCallKind::power_cycle;
        if (remedy && call.kind == heals) hangs = false;
        if (hangs && !remedy) {
            if (page) --pages_at_once;  // it is given up, and never ends
            return;
        }
        const auto away = page && !things[call.address].near;
        const auto takes = away   ? page_takes
                           : page ? Duration(std::chrono::seconds(1))
                                  : Duration(std::chrono::milliseconds(50));
        endings[call.id] = {now + takes, [this, call, page] {
                                if (page) --pages_at_once;
                                end(call);
                            }};
    }
    void end(const RadioCall& call) {
        auto failure = RadioFailure::none;
        const auto thing = things.find(call.address);
        switch (call.kind) {
            case RadioCallKind::connect:
            case RadioCallKind::pair:
                if (!thing->second.near) failure = RadioFailure::away;
                if (thing->second.refuses) failure = RadioFailure::refused;
                if (failure != RadioFailure::none) break;
                // From an adapter that is closed no bond comes.
                if (call.kind == RadioCallKind::pair && adapter.pairable) thing->second.facts.bonded = true;
                if (call.kind == RadioCallKind::connect) become_connected(thing->second);
                break;
            case RadioCallKind::trust:
                thing->second.facts.trusted = true;
                break;
            case RadioCallKind::disconnect:
                thing->second.facts.connected = false;
                break;
            case RadioCallKind::start_scan:
                adapter.discovering = true;
                break;
            case RadioCallKind::stop_scan:
                adapter.discovering = false;
                break;
            case RadioCallKind::open_pairing:
                if (closed) failure = RadioFailure::other;
                adapter.pairable = !closed;
                break;
            case RadioCallKind::close_pairing:
                adapter.pairable = false;
                break;
            case RadioCallKind::power_on:
                if (blocked) failure = RadioFailure::other;
                adapter.powered = !blocked;
                break;
            default:
                break;
        }
        if (thing != things.end() && call.kind != RadioCallKind::forget) tell(DeviceTold{thing->second.facts});
        tell(AdapterTold{adapter});
        tell(RadioCallEnded{call.id, failure, "BlueZ's words"});
    }
    static void become_connected(Thing& thing) {
        thing.facts.connected = thing.facts.resolved = thing.facts.sink = thing.facts.transport = true;
    }

    std::map<RadioCallId, Ending> endings;
};

}  // namespace antiphon::core::test
