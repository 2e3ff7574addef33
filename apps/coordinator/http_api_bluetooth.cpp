// A worker's Bluetooth: what it has around it, and orders to it.
#include "apps/coordinator/does.hpp"
#include "apps/coordinator/http_api.hpp"
#include "apps/coordinator/views.hpp"

namespace antiphon::coordinator {
namespace {

using core::BluetoothVerb;
using http::Method;
using http::Permission;

constexpr double scan_default_s = 20;
constexpr double open_default_s = 60;

core::BluetoothRequest request_of(const http::Request& request, BluetoothVerb verb) {
    core::BluetoothRequest order{request.param("worker"), {verb, "", 0}};
    if (const auto address = request.params.find("address"); address != request.params.end())
        order.order.address = address->second;
    return order;
}

void show(ApiParts& parts, const http::Request& request, http::Responder responder) {
    auto kept = std::make_shared<http::Responder>(std::move(responder));
    look_for(parts.app, kept, [kept, name = request.param("worker")](const core::CoordinatorState& state) {
        const auto view = bluetooth_view(state, name);
        view ? kept->answer(http::Response::json(json::encode(*view))) : kept->fail(view.error());
    });
}

// Scanning, and the time in which devices may ask: each is over by itself.
template <class Body>
http::Handler for_a_while(ApiParts& parts, BluetoothVerb verb, double default_s) {
    return [&parts, verb, default_s](const http::Request& request, http::Responder responder) {
        const auto body = request.body.empty() ? std::optional(Body{}) : body_of<Body>(request, responder);
        if (!body) return;
        const auto length = duration_of(body->for_s.value_or(default_s), "for_s");
        if (!length) return responder.fail(length.error());
        auto order = request_of(request, verb);
        order.order.length_ms = *length / std::chrono::milliseconds(1);
        parts.app.ask(std::move(order), asker_of(request), answer_empty(std::move(responder)));
    };
}

http::Handler plain(ApiParts& parts, BluetoothVerb verb) {
    return [&parts, verb](const http::Request& request, http::Responder responder) {
        parts.app.ask(request_of(request, verb), asker_of(request), answer_empty(std::move(responder)));
    };
}

void pair(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto body = body_of<api::PairBody>(request, responder);
    if (!body) return;
    auto order = request_of(request, BluetoothVerb::pair);
    order.output = body->output;
    const auto view = [](const core::PairingRow& row, const core::CoordinatorState& state) {
        return pairing_view(state, row);
    };
    parts.app.ask(std::move(order), asker_of(request), answer_with<core::PairingRow>(std::move(responder), view, 201));
}

}  // namespace

void add_bluetooth_routes(http::Router& router, ApiParts& parts) {
    const std::string root = "/v1/workers/{worker}/bluetooth";
    const std::string device = root + "/devices/{address}";
    router.add(
        Method::get, root, Permission::view, bound(parts, show),
        Does("A worker's Bluetooth adapters, and the devices around them").gives<api::BluetoothView>().refuses({404}));
    router.add(Method::post, root + "/scan", Permission::pair,
               for_a_while<api::ScanBody>(parts, BluetoothVerb::scan, scan_default_s),
               Does("Lets a worker look for devices for a while")
                   .may_take<api::ScanBody>()
                   .gives_nothing()
                   .decided()
                   .refuses({404}));
    router.add(Method::post, root + "/open", Permission::pair,
               for_a_while<api::PairingWindowBody>(parts, BluetoothVerb::open, open_default_s),
               Does("Lets devices ask to be paired for a while; each still waits for a person's word")
                   .may_take<api::PairingWindowBody>()
                   .gives_nothing()
                   .decided()
                   .refuses({404}));
    router.add(Method::delete_, root + "/open", Permission::pair, plain(parts, BluetoothVerb::close),
               Does("Lets no device ask any more").gives_nothing().decided().refuses({404}));
    router.add(Method::post, device + "/pair", Permission::pair, bound(parts, pair),
               Does("Pairs a device with a worker; answered when it is paired and an output of it, or cannot be")
                   .takes<api::PairBody>()
                   .gives<api::PairingView>(201)
                   .decided()
                   .refuses({404}));
    router.add(Method::post, device + "/accept", Permission::pair, plain(parts, BluetoothVerb::accept),
               Does("Says yes to a device that asks to be paired").gives_nothing().decided().refuses({404}));
    router.add(Method::post, device + "/refuse", Permission::pair, plain(parts, BluetoothVerb::refuse),
               Does("Says no to a device that asks to be paired").gives_nothing().decided().refuses({404}));
    router.add(
        Method::post, device + "/connect", Permission::pair, plain(parts, BluetoothVerb::connect),
        Does("Connects a paired device now, and not when its turn comes").gives_nothing().decided().refuses({404}));
    router.add(Method::delete_, device, Permission::pair, plain(parts, BluetoothVerb::forget),
               Does("Forgets a device: its bond, and the output that it was").gives_nothing().decided().refuses({404}));
}

}  // namespace antiphon::coordinator
