// One call of a verb: what it may use, and how it says what came of it.
#pragma once

#include <string>

#include "adapters/http/message.hpp"
#include "adapters/json/json.hpp"
#include "apps/cli/outside.hpp"
#include "apps/cli/paint.hpp"
#include "apps/cli/settings.hpp"
#include "core/result.hpp"

namespace antiphon::cli {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;

inline constexpr std::size_t answer_max_bytes = 8 * 1024 * 1024;

class Call {
  public:
    // `name` is the verb's, with those above it: "antiphon zone create".
    Call(const Outside& outside, const ClientArguments& client, std::string name)
        : outside_(outside), client_(client), name_(std::move(name)) {}

    const Outside& outside() const noexcept { return outside_; }
    const ClientArguments& client() const noexcept { return client_; }
    bool json() const noexcept { return client_.json; }
    // How things on stdout are to look.
    Look look() const;

    // To stdout, as it is.
    int print(const std::string& text) const;
    // To stderr, for people only: not with --json.
    void tell(const std::string& line) const;
    // The error to stderr: a line for people, or problem+json.
    int fail(const core::Error& error) const;
    // What is wrong with the command line, and where to read how it should be.
    int usage(const core::Error& error) const;

    // What the server answered: as it is with --json, else as `show` tells it to people; or the error.
    template <class View, class Show>
    int answer(const core::Result<http::Response>& response, Show show) const {
        if (!response) return fail(response.error());
        if (json()) return print_document(response->body);
        const auto view = decoded<View>(*response);
        return view ? print(show(*view)) : fail(view.error());
    }
    // The same for an answer that says nothing: `done` is for people.
    int answer(const core::Result<http::Response>& response, const std::string& done) const;

    template <class View>
    static core::Result<View> decoded(const http::Response& response) {
        auto view = json::decode<View>(response.body, nullptr, answer_max_bytes);
        if (!view) return view.error().within("the server answered something else than expected");
        return view;
    }
    template <class View>
    static core::Result<View> decoded(const core::Result<http::Response>& answer) {
        return answer ? decoded<View>(*answer) : core::Result<View>(answer.error());
    }

  private:
    int print_document(const std::string& body) const;

    const Outside& outside_;
    const ClientArguments& client_;
    std::string name_;
};

}  // namespace antiphon::cli
