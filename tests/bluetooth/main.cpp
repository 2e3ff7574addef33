// Headsets in a virtual room, behind a BlueZ of our own on the bus that DBUS_SYSTEM_BUS_ADDRESS names. Obeys lines on
// its standard input, and answers each with one.
//
//     fake-headsets ROOM ADDRESS=DELAY_MS[,aptx]...
//
//     near|away ADDRESS        it answers a page, or does not
//     drop|come ADDRESS        its link goes, or it connects to us
//     delay ADDRESS MS         from a packet's arrival to its sound, and says so
//     codec ADDRESS            which one was chosen
//     ask ADDRESS NUMBER       it asks to be paired, and shows this number
//     restart                  bluetoothd ends and begins again; bonds stay
//     calls                    what was asked of BlueZ, as often as it was
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <cctype>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "actors/device_thread.hpp"
#include "adapters/system/clock.hpp"
#include "tests/bluetooth/fake_bluez.hpp"
#include "tests/bluetooth/headset.hpp"

namespace antiphon::tests {
namespace {

constexpr const char* adapter = "hci0";

class Headsets {
  public:
    Headsets(boost::asio::io_context& io, virtual_audio::Room& room) : io_(io), room_(room) { begin(); }

    void add(const core::BluetoothAddress& address, int delay_ms, bool aptx) {
        std::string name;
        for (const char c : address.value)
            if (c != ':') name += static_cast<char>(std::tolower(c));
        auto device = virtual_audio::parse_virtual_device("virtual:speaker,ppm=0,buffer=40ms,at=1,1");
        auto speaker = virtual_audio::make_speaker(room_, *device, "headset", name, clock_);
        if (!speaker) throw std::runtime_error(speaker.error().what);
        ears_.emplace(address,
                      std::make_unique<Headset>(io_, std::move(*speaker), clock_, std::chrono::milliseconds(delay_ms)));
        delays_[address] = delay_ms;
        bluez_->devices[address].aptx = aptx;
        bluez_->add_device(adapter, address);
        bluez_->set_delay(address, tenths(delay_ms));
    }
    std::string obey(const std::string& line) {
        std::istringstream words(line);
        std::string verb;
        core::BluetoothAddress address;
        int number = 0;
        words >> verb >> address.value >> number;
        if (verb == "restart") return restart(), "done";
        if (verb == "calls") return calls();
        if (!ears_.contains(address)) return "no such headset";
        auto& device = bluez_->devices[address];
        if (verb == "near" || verb == "away") return device.near = verb == "near", "done";
        if (verb == "drop" || verb == "come") return bluez_->set_connected(address, verb == "come"), "done";
        if (verb == "codec") return device.codec;
        if (verb == "ask") return bluez_->ask_agent(address, static_cast<std::uint32_t>(number)), "done";
        if (verb != "delay") return "no such word";
        ears_.at(address)->set_delay(std::chrono::milliseconds(delays_[address] = number));
        bluez_->set_delay(address, tenths(number));
        return "done";
    }

  private:
    static std::uint16_t tenths(int ms) { return static_cast<std::uint16_t>(10 * ms); }

    void begin() {
        bluez_ = std::make_unique<FakeBluez>(io_);
        bluez_->acquired = [this](const core::BluetoothAddress& address) {
            const auto& device = bluez_->devices[address];
            ears_.at(address)->hear(device.ear, device.codec);
        };
        bluez_->add_adapter(adapter);
    }
    void restart() {
        auto bonds = bluez_->devices;
        bluez_.reset();
        begin();
        for (auto& [address, device] : bonds) {
            device.ear = -1;
            device.connected = false;
            bluez_->devices[address] = device;
            bluez_->add_device(adapter, address);
            bluez_->set_delay(address, tenths(delays_[address]));
        }
    }
    std::string calls() const {
        std::map<std::string, int> counts;
        for (const auto& call : bluez_->calls) ++counts[call];
        std::string text;
        for (const auto& [call, count] : counts) text += call + "=" + std::to_string(count) + ";";
        return text;
    }

    boost::asio::io_context& io_;
    virtual_audio::Room& room_;
    system::SystemClock clock_;
    std::unique_ptr<FakeBluez> bluez_;
    std::map<core::BluetoothAddress, std::unique_ptr<Headset>> ears_;
    std::map<core::BluetoothAddress, int> delays_;
};

void obey_lines(boost::asio::io_context& io, boost::asio::posix::stream_descriptor& input,
                boost::asio::streambuf& buffer, Headsets& headsets) {
    boost::asio::async_read_until(input, buffer, '\n', [&](const boost::system::error_code& error, std::size_t) {
        if (error) return io.stop();
        std::string line;
        std::istream stream(&buffer);
        std::getline(stream, line);
        std::cout << headsets.obey(line) << std::endl;
        obey_lines(io, input, buffer, headsets);
    });
}

int run(const std::vector<std::string>& words) {
    if (words.size() < 2) return std::cerr << "usage: fake-headsets ROOM ADDRESS=DELAY_MS[,aptx]...\n", 2;
    auto room = virtual_audio::Room::open(words[0]);
    if (!room) return std::cerr << room.error().what << "\n", 1;
    actors::ask_for_device_priority();  // radios and headsets are never late for want of a processor
    boost::asio::io_context io(1);
    Headsets headsets(io, *room);
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto equals = words[i].find('=');
        headsets.add({words[i].substr(0, equals)}, std::stoi(words[i].substr(equals + 1)), words[i].ends_with(",aptx"));
    }
    boost::asio::posix::stream_descriptor input(io, ::dup(STDIN_FILENO));
    boost::asio::streambuf buffer(4096);
    obey_lines(io, input, buffer, headsets);
    std::cout << "ready" << std::endl;
    io.run();
    return 0;
}

}  // namespace
}  // namespace antiphon::tests

int main(int argc, char** argv) {
    try {
        return antiphon::tests::run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        return std::cerr << "fake-headsets: " << error.what() << "\n", 1;
    }
}
