// A worker's Bluetooth on a terminal: its adapters in a line each, then a table of devices.
#include <algorithm>

#include <boost/describe/enum_to_string.hpp>

#include "apps/cli/show.hpp"
#include "apps/cli/state_colours.hpp"
#include "apps/cli/table.hpp"
#include "apps/cli/utf8.hpp"

namespace antiphon::cli {
namespace {

std::string adapter_line(const core::AdapterReport& adapter) {
    std::string words = !adapter.trouble.empty() ? adapter.trouble : adapter.powered ? "is on" : "is off";
    if (adapter.scanning) words += ", and looks around";
    return adapter.id + " " + words;
}

std::string question_of(const api::BluetoothDeviceView& device) {
    if (!device.asks) return device.reason;
    if (!device.passkey) return "asks to be paired";
    auto digits = std::to_string(*device.passkey);
    digits.insert(0, 6 - std::min<std::size_t>(digits.size(), 6), '0');
    return "asks to be paired, and shows " + digits;
}

std::string battery_of(const api::BluetoothDeviceView& device) {
    return device.battery_percent ? std::to_string(*device.battery_percent) + " %" : "";
}

}  // namespace

std::string show(const api::BluetoothView& bluetooth, const Look& look) {
    std::string text;
    if (!bluetooth.trouble.empty()) text += printable(bluetooth.worker + ": " + bluetooth.trouble) + "\n";
    for (const auto& adapter : bluetooth.adapters) text += printable(adapter_line(adapter)) + "\n";
    if (bluetooth.pairing_open) text += "Devices may ask to be paired.\n";
    Table table({{"ADDRESS"},
                 {"NAME", Column::Align::left, true},
                 {"STATE"},
                 {"OUTPUT"},
                 {"BATTERY", Column::Align::right},
                 {"REASON", Column::Align::left, true}});
    for (const auto& device : bluetooth.devices) {
        const bool known = device.paired || device.asks || !device.output.empty();
        const std::string state = boost::describe::enum_to_string(device.state, "");
        const bool strange = !known && device.state == core::DeviceState::absent;
        table.add({{device.address, Colour::bold},
                   device.name,
                   strange ? Cell("not paired") : Cell(state, colour_of_state(state)),
                   device.output,
                   battery_of(device),
                   strange ? "" : question_of(device)});
    }
    if (!table.empty()) return text + table.text(look);
    const bool works = bluetooth.trouble.empty();
    return text + (works ? "No device is known; `antiphon bluetooth scan` looks for some.\n" : "");
}

}  // namespace antiphon::cli
