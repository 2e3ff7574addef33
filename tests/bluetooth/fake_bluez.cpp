// The interfaces as BlueZ 5.66 documents them, as far as a board uses them.
#include "tests/bluetooth/fake_bluez.hpp"

#include <sdbus-c++/sdbus-c++.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "adapters/bluez/objects.hpp"
#include "core/contract.hpp"
#include "media/codecs/a2dp_fields.hpp"

namespace antiphon::tests {

using bluez::adapter_interface;
using bluez::device_interface;
using core::BluetoothAddress;

struct FakeBluez::Parts {
    struct Adapter {
        std::unique_ptr<sdbus::IObject> object;
        bool powered = true, discovering = false, pairable = false;
    };
    struct Ear {
        std::unique_ptr<sdbus::IObject> object;
        std::string adapter;
        std::unique_ptr<sdbus::IObject> transport;
        std::vector<std::uint8_t> configuration;
        std::string state = "idle";
        std::uint16_t delay = 0, volume = 64;
    };

    FakeBluez& fake;
    boost::asio::io_context& io;
    std::shared_ptr<bluez::Bus> bus;
    std::unique_ptr<sdbus::IObject> root, manager;
    std::map<std::string, Adapter> adapters;
    std::map<BluetoothAddress, Ear> ears;
    std::vector<sdbus::Result<>> never;  // will not be answered
    std::unique_ptr<sdbus::IProxy> asked;
    // What our program offers, in the order in which it did: the first that a device has is taken, as by BlueZ.
    struct EndPoint {
        std::vector<std::uint8_t> capabilities;
        bool vendor = false;
        std::unique_ptr<sdbus::IProxy> proxy;
    };
    std::string end_points_owner;
    std::vector<EndPoint> end_points;

    static std::string path_of(const std::string& adapter) { return "/org/bluez/" + adapter; }
    std::string path_of(const BluetoothAddress& address) const {
        auto name = address.value;
        std::ranges::replace(name, ':', '_');
        return path_of(ears.at(address).adapter) + "/dev_" + name;
    }
    void said(const BluetoothAddress& address, const std::vector<std::string>& properties) {
        ears.at(address).object->emitPropertiesChangedSignal(device_interface, properties);
    }
    // Answers now, unless it hangs or the device does not want to.
    void end(const std::string& call, sdbus::Result<>&& result, const std::function<void()>& done,
             const Device* device = nullptr) {
        fake.calls.push_back(call);
        if (fake.hangs) return never.push_back(std::move(result));
        if (device && !device->near)
            return result.returnError(sdbus::Error("org.bluez.Error.Failed", "br-connection-page-timeout"));
        if (device && !device->refuses.empty())
            return result.returnError(sdbus::Error("org.bluez.Error.AuthenticationFailed", device->refuses.c_str()));
        done();
        result.returnResults();
    }
    void begin() {
        auto& connection = bus->connection();
        root = sdbus::createObject(connection, "/");
        root->addObjectManager();
        root->finishRegistration();
        manager = sdbus::createObject(connection, "/org/bluez");
        const auto on = [&](const char* method, auto&& handler) {
            manager->registerMethod(method).onInterface("org.bluez.AgentManager1").implementedAs(handler);
        };
        on("RegisterAgent", [this](sdbus::ObjectPath path, std::string capability) {
            fake.agent = path;
            fake.agent_owner = manager->getCurrentlyProcessedMessage()->getSender();
            fake.calls.push_back("RegisterAgent " + capability);
        });
        on("RequestDefaultAgent", [this](sdbus::ObjectPath) { fake.calls.emplace_back("RequestDefaultAgent"); });
        manager->finishRegistration();
        connection.requestName(bluez::service);
        bus->attend();
    }
    void add_adapter(const std::string& id) {
        auto& adapter = adapters[id];
        adapter.object = sdbus::createObject(bus->connection(), path_of(id));
        auto& object = *adapter.object;
        const auto property = [&](const char* name, bool& value) {
            object.registerProperty(name)
                .onInterface(adapter_interface)
                .withGetter([&value] { return value; })
                .withSetter([this, &value, &object, name = std::string(name)](const bool& wanted) {
                    fake.calls.push_back(name + (wanted ? " on" : " off"));
                    value = wanted;
                    object.emitPropertiesChangedSignal(adapter_interface, {name});
                });
        };
        property("Powered", adapter.powered);
        property("Discovering", adapter.discovering);
        property("Pairable", adapter.pairable);
        const auto on = [&](const char* method, auto&& handler) {
            object.registerMethod(method).onInterface(adapter_interface).implementedAs(handler);
        };
        on("SetDiscoveryFilter", [](std::map<std::string, sdbus::Variant>) {});
        const auto discover = [this, &adapter, &object](bool wanted) {
            return [this, &adapter, &object, wanted](sdbus::Result<>&& result) {
                end(wanted ? "StartDiscovery" : "StopDiscovery", std::move(result), [&adapter, &object, wanted] {
                    adapter.discovering = wanted;
                    object.emitPropertiesChangedSignal(adapter_interface, {"Discovering"});
                });
            };
        };
        on("StartDiscovery", discover(true));
        on("StopDiscovery", discover(false));
        on("RemoveDevice", [this](sdbus::Result<>&& result, sdbus::ObjectPath path) {
            end("RemoveDevice", std::move(result), [this, path] {
                for (auto& [address, ear] : ears)
                    if (path_of(address) == path && ear.object) {
                        ear.object->emitInterfacesRemovedSignal();
                        ear.object->unregister();
                    }
            });
        });
        object.registerMethod("RegisterEndpoint")
            .onInterface("org.bluez.Media1")
            .implementedAs([this, &object](const sdbus::ObjectPath& path, const bluez::Properties& properties) {
                fake.calls.push_back("RegisterEndpoint " + std::string(path));
                fake.delay_reporting = bluez::value_of<bool>(properties, "DelayReporting").value_or(false);
                offer(object.getCurrentlyProcessedMessage()->getSender(), path, properties);
            });
        object.finishRegistration();
        object.emitInterfacesAddedSignal();
        bus->attend();
    }
    void add_device(const std::string& adapter, const BluetoothAddress& address) {
        auto& ear = ears[address];
        ear.adapter = adapter;
        ear.object = sdbus::createObject(bus->connection(), path_of(address));
        auto& object = *ear.object;
        auto& device = fake.devices[address];
        const auto read = [&](const char* name, auto getter) {
            object.registerProperty(name).onInterface(device_interface).withGetter(getter);
        };
        read("Address", [address] { return address.value; });
        read("Alias", [address] { return "Ear " + address.value; });
        read("Paired", [&device] { return device.paired; });
        read("Bonded", [&device] { return device.paired && !device.keyless; });
        read("Connected", [&device] { return device.connected; });
        read("ServicesResolved", [&device] { return device.connected; });
        read("UUIDs", [] { return std::vector<std::string>{bluez::audio_sink_uuid}; });
        object.registerProperty("Trusted")
            .onInterface(device_interface)
            .withGetter([&device] { return device.trusted; })
            .withSetter([this, &device, address](const bool& trusted) {
                fake.calls.emplace_back("Trusted");
                device.trusted = trusted;
                said(address, {"Trusted"});
            });
        const auto on = [&](const char* method, auto done) {
            object.registerMethod(method)
                .onInterface(device_interface)
                .implementedAs([this, &device, done, name = std::string(method)](sdbus::Result<>&& result) {
                    end(name, std::move(result), done, &device);
                });
        };
        on("Pair", [this, &device, address, adapter] {
            device.paired = true;
            device.keyless = !adapters.at(adapter).pairable;
            said(address, {"Paired", "Bonded"});
        });
        on("Connect", [this, address] { connect(address, true); });
        on("Disconnect", [this, address] { connect(address, false); });
        object.finishRegistration();
        object.emitInterfacesAddedSignal();
        bus->attend();
    }
    void connect(const BluetoothAddress& address, bool connected) {
        fake.devices[address].connected = connected;
        said(address, {"Connected", "ServicesResolved"});
        auto& ear = ears.at(address);
        if (connected && !ear.transport) {
            if (fake.devices[address].others)
                make_transport(address);
            else
                choose(address);
        } else if (!connected && ear.transport) {
            ear.transport->emitInterfacesRemovedSignal();
            ear.transport.reset();
        }
        bus->attend();
    }
    void offer(const std::string& owner, const std::string& path, const bluez::Properties& properties) {
        if (std::exchange(end_points_owner, owner) != owner) {  // who had it before is gone
            drop_transports();
            end_points.clear();
        }
        end_points.push_back({bluez::value_of<std::vector<std::uint8_t>>(properties, "Capabilities")
                                  .value_or(std::vector<std::uint8_t>()),
                              bluez::value_of<std::uint8_t>(properties, "Codec") == media::vendor_codec,
                              sdbus::createProxy(bus->connection(), owner, path)});
    }
    // That of ours which the device has as well, and what it says of its own.
    std::pair<EndPoint*, std::vector<std::uint8_t>> end_point_for(const Device& device) {
        static const std::vector<std::uint8_t> aptx{0x4F, 0, 0, 0, 1, 0, 0x32};
        for (auto& one : end_points) {
            if (!one.vendor) return {&one, device.can};
            if (device.aptx && std::ranges::equal(std::span(one.capabilities).first(6), std::span(aptx).first(6)))
                return {&one, aptx};
        }
        return {};
    }
    void drop_transports() {
        for (auto& [address, ear] : ears) {
            if (!ear.transport || fake.devices[address].others) continue;
            ear.transport->emitInterfacesRemovedSignal();
            ear.transport.reset();
            ear.state = "idle";
        }
    }
    std::string transport_path(const BluetoothAddress& address) const { return path_of(address) + "/sep1/fd0"; }
    void choose(const BluetoothAddress& address) {
        auto& device = fake.devices[address];
        const auto [end_point, can] = end_point_for(device);
        if (!end_point) return;
        device.codec = end_point->vendor ? "aptx" : "sbc";
        end_point->proxy->callMethodAsync("SelectConfiguration")
            .onInterface("org.bluez.MediaEndpoint1")
            .withArguments(can)
            .uponReplyInvoke([this, address, end_point = end_point](const sdbus::Error* error,
                                                                    const std::vector<std::uint8_t>& configuration) {
                if (error) fake.devices[address].refused = error->getMessage();
                if (!error) configure(address, configuration, *end_point->proxy);
            });
    }
    void configure(const BluetoothAddress& address, const std::vector<std::uint8_t>& configuration,
                   sdbus::IProxy& end_point) {
        ears.at(address).configuration = configuration;
        const bluez::Properties properties{{"Device", sdbus::Variant(sdbus::ObjectPath(path_of(address)))},
                                           {"Configuration", sdbus::Variant(configuration)},
                                           {"State", sdbus::Variant(std::string("idle"))}};
        end_point.callMethodAsync("SetConfiguration")
            .onInterface("org.bluez.MediaEndpoint1")
            .withArguments(sdbus::ObjectPath(transport_path(address)), properties)
            .uponReplyInvoke([this, address](const sdbus::Error* error) {
                if (error) fake.devices[address].refused = error->getMessage();
                if (!error) make_transport(address);
            });
        bus->attend();
    }
    void make_transport(const BluetoothAddress& address) {
        auto& ear = ears.at(address);
        ear.transport = sdbus::createObject(bus->connection(), transport_path(address));
        auto& object = *ear.transport;
        const auto read = [&](const char* name, auto getter) {
            object.registerProperty(name).onInterface(bluez::transport_interface).withGetter(getter);
        };
        read("UUID", [] { return std::string(bluez::audio_source_uuid); });
        read("State", [&ear] { return ear.state; });
        read("Delay", [&ear] { return ear.delay; });
        object.registerProperty("Volume")
            .onInterface(bluez::transport_interface)
            .withGetter([&ear] { return ear.volume; })
            .withSetter([this, &ear](const std::uint16_t& volume) {
                fake.calls.push_back("Volume " + std::to_string(volume));
                ear.volume = volume;
            });
        const auto acquire = [this, &ear, address](const char* name) {
            return [this, &ear, address, name] {
                fake.calls.emplace_back(name);
                std::array<int, 2> ends{};
                ANTIPHON_ASSERT(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends.data()) == 0);
                auto& device = fake.devices[address];
                if (device.ear >= 0) ::close(device.ear);
                device.ear = ends[1];
                if (fake.acquired) fake.acquired(address);
                set_state(ear, "active");
                return std::tuple(sdbus::UnixFd(ends[0], sdbus::adopt_fd), std::uint16_t{672}, std::uint16_t{895});
            };
        };
        object.registerMethod("Acquire").onInterface(bluez::transport_interface).implementedAs(acquire("Acquire"));
        object.registerMethod("TryAcquire")
            .onInterface(bluez::transport_interface)
            .implementedAs(acquire("TryAcquire"));
        object.registerMethod("Release").onInterface(bluez::transport_interface).implementedAs([this, &ear] {
            fake.calls.emplace_back("Release");
            set_state(ear, "idle");
        });
        object.finishRegistration();
        object.emitInterfacesAddedSignal();
        bus->attend();
    }
    static void set_state(Ear& ear, const char* state) {
        ear.state = state;
        ear.transport->emitPropertiesChangedSignal(bluez::transport_interface, {"State"});
    }
};

FakeBluez::FakeBluez(boost::asio::io_context& io) : parts_(std::make_unique<Parts>(Parts{.fake = *this, .io = io})) {
    auto bus = bluez::Bus::open(io, [](const std::string&) {});
    ANTIPHON_ASSERT(bus.ok());
    parts_->bus = *bus;
    parts_->begin();
}

FakeBluez::~FakeBluez() {
    parts_->asked.reset();
    parts_->end_points.clear();
    for (auto& [address, device] : devices)
        if (device.ear >= 0) ::close(device.ear);
    parts_->never.clear();
    parts_->ears.clear();
    parts_->adapters.clear();
    parts_->manager.reset();
    parts_->root.reset();
    try {
        parts_->bus->connection().releaseName(bluez::service);
    } catch (const sdbus::Error&) {
        // the bus is gone, and the name with it
    }
    parts_->bus->close();
}

void FakeBluez::add_adapter(const std::string& id) { parts_->add_adapter(id); }

void FakeBluez::remove_adapter(const std::string& id) {
    auto adapter = parts_->adapters.extract(id);
    adapter.mapped().object->emitInterfacesRemovedSignal();
    adapter.mapped().object->unregister();
    parts_->bus->attend();
}

void FakeBluez::add_device(const std::string& adapter, const BluetoothAddress& address) {
    parts_->add_device(adapter, address);
}

void FakeBluez::set_connected(const BluetoothAddress& address, bool connected) { parts_->connect(address, connected); }

void FakeBluez::set_delay(const BluetoothAddress& address, std::uint16_t delay) {
    auto& ear = parts_->ears.at(address);
    ear.delay = delay;
    if (ear.transport) ear.transport->emitPropertiesChangedSignal(bluez::transport_interface, {"Delay"});
    parts_->bus->attend();
}

void FakeBluez::suspend(const BluetoothAddress& address) {
    Parts::set_state(parts_->ears.at(address), "idle");
    parts_->bus->attend();
}

void FakeBluez::ask_agent(const BluetoothAddress& address, std::uint32_t passkey) {
    parts_->asked = sdbus::createProxy(parts_->bus->connection(), agent_owner, agent);
    parts_->asked->callMethodAsync("RequestConfirmation")
        .onInterface("org.bluez.Agent1")
        .withArguments(sdbus::ObjectPath(parts_->path_of(address)), passkey)
        .uponReplyInvoke([this, address](const sdbus::Error* error) { devices[address].agreed = !error; });
    parts_->bus->attend();
}

void FakeBluez::talk_nonsense() {
    const auto say = [&](const char* interface, const char* member, const auto& content) {
        auto signal = parts_->root->createSignal(interface, member);
        signal << content;
        parts_->root->emitSignal(signal);
    };
    for (const auto* member : {"InterfacesAdded", "InterfacesRemoved"})
        say("org.freedesktop.DBus.ObjectManager", member, 7);
    say("org.freedesktop.DBus.Properties", "PropertiesChanged", std::vector<std::string>{"x"});
    parts_->bus->attend();
}

}  // namespace antiphon::tests
