// How a route says what it takes and gives, beside its registration:
//
//     router.add(Method::post, "/v1/zones/{name}/rename", Permission::play, bound(parts, rename_zone),
//                Does("Gives a zone another name").takes<api::ZoneRenameBody>().gives<api::ZoneView>().keyed());
//
// Schemas are only named here; apps/coordinator/schemas.cpp makes them, all in one place.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "adapters/http/router.hpp"
#include "adapters/json/schema.hpp"

namespace antiphon::coordinator {

class Does {
  public:
    explicit Does(std::string summary) { options_.operation.summary = std::move(summary); }

    template <class Body>
    Does& takes() {
        operation().takes.push_back({"application/json", json::reference_to<Body>()});
        return *this;
    }
    // The same, or no body at all.
    template <class Body>
    Does& may_take() {
        operation().takes_must_be = false;
        return takes<Body>();
    }
    Does& takes_file(std::string type);
    template <class View>
    Does& gives(int status = 200, std::vector<std::string> headers = {}) {
        operation().answers.push_back({status, {{"application/json", json::reference_to<View>()}}, std::move(headers)});
        return *this;
    }
    Does& gives_text(std::string type);
    Does& gives_object();  // JSON, of a form that is told elsewhere
    Does& gives_nothing();
    // One of these types, for as long as it is taken.
    Does& gives_live(std::vector<std::string> types);
    // A file of one of these types, with ranges. With a tag it is not sent again to who has it.
    Does& gives_file(std::vector<http::Content> types, bool tagged);
    // A WebSocket that tells of each.
    template <class View>
    Does& tells() {
        operation().answers.push_back({101, {}, {"Upgrade", "Sec-WebSocket-Accept"}});
        operation().message = json::reference_to<View>();
        return *this;
    }

    Does& may_have(std::string place, std::string name, std::string what);
    Does& must_have(std::string place, std::string name, std::string what);

    Does& refuses(std::initializer_list<int> statuses);
    // What CoordinatorApp::ask may say to anything: decided elsewhere (409), not storable (422, 507).
    Does& decided() { return refuses({409, 422, 507}); }
    // The same, and Idempotency-Key is obeyed.
    Does& keyed();

    Does& token_in_query();
    Does& guarded();
    Does& up_to(std::uint64_t body_bytes_max);

    // Implicit, so that a registration reads like a sentence.
    operator http::RouteOptions() const { return options_; }
    operator http::Operation() const { return options_.operation; }

  private:
    http::Operation& operation() { return options_.operation; }

    http::RouteOptions options_;
};

}  // namespace antiphon::coordinator
