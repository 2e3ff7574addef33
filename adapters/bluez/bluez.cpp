// The mirror is filled by GetManagedObjects once BlueZ is there. What signals told before its answer is in that
// already, for a bus keeps the order of one sender.
#include "adapters/bluez/bluez.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <utility>

#include "adapters/bluez/agent.hpp"
#include "adapters/bluez/bus.hpp"
#include "adapters/bluez/calls.hpp"
#include "adapters/bluez/media.hpp"
#include "adapters/bluez/objects.hpp"

namespace antiphon::bluez {
namespace {

using core::RadioCall;
using core::RadioCallKind;
using core::RadioFailure;

constexpr const char* properties_interface = "org.freedesktop.DBus.Properties";
constexpr const char* objects_interface = "org.freedesktop.DBus.ObjectManager";
constexpr const char* agents_interface = "org.bluez.AgentManager1";
constexpr const char* bus_name = "org.freedesktop.DBus";

}  // namespace

class Bluez::Service : public std::enable_shared_from_this<Service> {
  public:
    Service(boost::asio::io_context& io, BluezOptions options, Told told)
        : io_(io),
          options_(std::move(options)),
          told_(std::move(told)),
          timer_(io),
          objects_(options_.adapters, [this](const core::BluetoothEvent& event) { hear(event); }) {}

    void start() {
        auto opened = Bus::open(io_, [weak = weak_from_this()](const std::string& why) {
            if (const auto self = weak.lock()) self->lose_bus(why);
        });
        if (!opened) return lose_bus(opened.error().what);
        bus_ = std::move(*opened);
        trouble_ = "bluetoothd is not running; start bluetooth.service";
        calls_ = std::make_unique<Calls>(
            bus_->connection(),
            [this](const RadioCall& call, RadioFailure failure, const std::string& what) { end(call, failure, what); });
        try {
            watch();
        } catch (const sdbus::Error& error) {
            return lose_bus(error.getMessage());
        }
        bus_->attend();
    }

    void close() {
        told_ = nullptr;
        timer_.cancel();
        let_go();
    }

    void perform(const RadioCall& call) {
        ++counters_.calls;
        if (call.kind == RadioCallKind::unblock || call.kind == RadioCallKind::reset) return help(call);
        const auto path = objects_.path_of(call.adapter, call.address);
        if (path.empty()) return end(call, RadioFailure::other, "BlueZ does not know it any more");
        calls_->begin(call, path, objects_.path_of(call.adapter, {}));
        bus_->attend();
    }

    void answer(const core::AnswerAgent& answer) {
        if (!agent_) return;
        agent_->answer(answer);
        bus_->attend();
    }

    std::optional<TransportFacts> transport_of(const core::BluetoothAddress& device) const {
        return media_ ? media_->transport_of(device) : std::nullopt;
    }
    void acquire(const core::BluetoothAddress& device, Acquired done) {
        if (!media_) return done(core::Error{core::ErrorCode::unavailable, trouble_});
        media_->acquire(device, std::move(done));
        bus_->attend();
    }
    void release(const core::BluetoothAddress& device) {
        if (!media_) return;
        media_->release(device);
        bus_->attend();
    }
    void set_volume(const core::BluetoothAddress& device, int volume) {
        if (!media_) return;
        media_->set_volume(device, volume);
        bus_->attend();
    }

    std::string trouble() const { return trouble_; }
    BluezCounters counters() const {
        auto counters = counters_;
        counters.left_out = objects_.left_out();
        counters.refused = media_ ? media_->refused() : 0;
        return counters;
    }

  private:
    void tell(const core::BluetoothEvent& event) {
        if (const auto told = told_) told(event);
    }
    void hear(const core::BluetoothEvent& event) {
        if (const auto* adapter = std::get_if<core::AdapterTold>(&event))
            media_->offer(objects_.path_of(adapter->facts.id, {}));
        tell(event);
    }

    // The proxies call into what they are part of; they end before it.
    void let_go() {
        agent_.reset();
        media_.reset();
        calls_.reset();
        proxies_.clear();
        watches_.clear();
        if (bus_) bus_->close();
        bus_.reset();
    }

    void lose_bus(const std::string& why) {
        if (bus_) {
            ++counters_.buses_lost;
            lose_bluez();
            // Not within a call of its own.
            boost::asio::post(io_, [self = shared_from_this(), bus = bus_] {});
            let_go();
        }
        trouble_ = why + "; is D-Bus running?";
        later([this] { start(); });
    }
    void later(std::function<void()> what) {
        timer_.expires_after(options_.look_again);
        timer_.async_wait([weak = weak_from_this(), what = std::move(what)](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (!error && self && self->told_) what();
        });
    }

    void watch() {
        auto& connection = bus_->connection();
        // A match each, for all paths: devices come and go.
        const auto match = [&](const std::string& rule, void (Service::*handler)(sdbus::Message&)) {
            watches_.push_back(connection.addMatch(rule, [this, handler](sdbus::Message& message) {
                try {
                    (this->*handler)(message);
                } catch (const sdbus::Error&) {
                    ++counters_.malformed;  // a signal of another form than BlueZ's documents have
                }
            }));
        };
        const std::string signal = "type='signal',sender='org.bluez',";
        match(signal + "interface='" + objects_interface + "',member='InterfacesAdded'", &Service::added);
        match(signal + "interface='" + objects_interface + "',member='InterfacesRemoved'", &Service::removed);
        match(signal + "interface='" + properties_interface + "',member='PropertiesChanged'", &Service::changed);
        match("type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.bluez'",
              &Service::owner);
        proxy(bus_name, "/org/freedesktop/DBus")
            .callMethodAsync("NameHasOwner")
            .onInterface(bus_name)
            .withArguments(std::string(service))
            .uponReplyInvoke([this](const sdbus::Error* error, bool there) {
                if (!error && there) find_bluez();
            });
    }

    void added(sdbus::Message& message) {
        if (!there_) return;
        sdbus::ObjectPath path;
        Interfaces interfaces;
        message >> path >> interfaces;
        objects_.add(path, interfaces);
        if (const auto at = interfaces.find(transport_interface); at != interfaces.end())
            media_->told(path, at->second);
    }
    void removed(sdbus::Message& message) {
        if (!there_) return;
        sdbus::ObjectPath path;
        std::vector<std::string> interfaces;
        message >> path >> interfaces;
        objects_.remove(path, interfaces);
        for (const auto& interface : interfaces) {
            if (interface == transport_interface) media_->told(path, {});
            if (interface == adapter_interface) media_->adapter_gone(path);
        }
    }
    void changed(sdbus::Message& message) {
        if (!there_) return;
        std::string interface;
        Properties properties;
        std::vector<std::string> invalidated;
        message >> interface >> properties >> invalidated;
        objects_.change(message.getPath(), interface, properties, invalidated);
        if (interface == transport_interface) media_->told(message.getPath(), properties);
    }
    void owner(sdbus::Message& message) {
        std::string name, before, now;
        message >> name >> before >> now;
        lose_bluez();
        if (!now.empty()) find_bluez();
    }

    void lose_bluez() {
        objects_.clear();
        agent_.reset();
        media_.reset();
        trouble_ = "bluetoothd is not running; start bluetooth.service";
        if (std::exchange(there_, false)) tell(core::BluezChanged{false});
    }

    void find_bluez() {
        proxy(service, "/")
            .callMethodAsync("GetManagedObjects")
            .onInterface(objects_interface)
            .withTimeout(call_timeout)
            .uponReplyInvoke([this](const sdbus::Error* error, const std::map<sdbus::ObjectPath, Interfaces>& all) {
                if (error) {
                    trouble_ = "bluetoothd does not answer: " + error->getMessage();
                    return later([this] { find_bluez(); });
                }
                if (std::exchange(there_, true)) return;  // it came while we asked whether it was there
                trouble_.clear();
                tell(core::BluezChanged{true});
                media_ = std::make_unique<Media>(
                    bus_->connection(), options_.codecs,
                    [this](const std::string& path) { return objects_.address_at(path); },
                    [this](const core::BluetoothAddress& device) {
                        objects_.set_transport(device, media_->transport_of(device).has_value());
                        if (options_.transport) options_.transport(device);
                    });
                for (const auto& [path, interfaces] : all) objects_.add(path, interfaces);
                become_agent();
            });
    }

    void become_agent() {
        agent_ = std::make_unique<Agent>(
            bus_->connection(), [this](const std::string& path) { return objects_.address_at(path); },
            [this](const core::AgentAsked& asked) { tell(asked); });
        auto& manager = proxy(service, "/org/bluez");
        const sdbus::ObjectPath ours(Agent::path);
        manager.callMethodAsync("RegisterAgent")
            .onInterface(agents_interface)
            .withArguments(ours, std::string(Agent::capability))
            .uponReplyInvoke([this](const sdbus::Error* error) {
                if (error) ++counters_.failed;
            });
        manager.callMethodAsync("RequestDefaultAgent")
            .onInterface(agents_interface)
            .withArguments(ours)
            .uponReplyInvoke([this](const sdbus::Error* error) {
                if (error) ++counters_.failed;
            });
    }

    sdbus::IProxy& proxy(const std::string& name, const std::string& path) {
        auto& found = proxies_[name + path];
        if (!found) found = sdbus::createProxy(bus_->connection(), name, path);
        return *found;
    }

    void end(const RadioCall& call, RadioFailure failure, const std::string& what) {
        if (failure != RadioFailure::none) ++counters_.failed;
        boost::asio::post(io_, [self = shared_from_this(), ended = core::RadioCallEnded{call.id, failure, what}] {
            self->tell(ended);
        });
    }
    void help(const RadioCall& call) {
        if (!options_.remedy) return end(call, RadioFailure::other, "not offered here");
        options_.remedy(call, [self = shared_from_this(), call](const core::Result<void>& helped) {
            helped ? self->end(call, RadioFailure::none, "")
                   : self->end(call, RadioFailure::other, helped.error().what);
        });
    }

    boost::asio::io_context& io_;
    const BluezOptions options_;
    Told told_;
    boost::asio::steady_timer timer_;
    Objects objects_;
    std::shared_ptr<Bus> bus_;
    std::vector<sdbus::Slot> watches_;
    std::unique_ptr<Calls> calls_;
    std::map<std::string, std::unique_ptr<sdbus::IProxy>> proxies_;
    std::unique_ptr<Agent> agent_;
    std::unique_ptr<Media> media_;
    std::string trouble_;
    bool there_ = false;
    BluezCounters counters_;
};

Bluez::Bluez(boost::asio::io_context& io, BluezOptions options, Told told)
    : service_(std::make_shared<Service>(io, std::move(options), std::move(told))) {
    service_->start();
}

Bluez::~Bluez() { service_->close(); }

void Bluez::perform(const core::RadioCall& call) { service_->perform(call); }

void Bluez::answer(const core::AnswerAgent& answer) { service_->answer(answer); }

std::optional<TransportFacts> Bluez::transport_of(const core::BluetoothAddress& device) const {
    return service_->transport_of(device);
}

void Bluez::acquire(const core::BluetoothAddress& device, Acquired done) { service_->acquire(device, std::move(done)); }

void Bluez::release(const core::BluetoothAddress& device) { service_->release(device); }

void Bluez::set_volume(const core::BluetoothAddress& device, int volume) { service_->set_volume(device, volume); }

std::string Bluez::trouble() const { return service_->trouble(); }

BluezCounters Bluez::counters() const { return service_->counters(); }

}  // namespace antiphon::bluez
