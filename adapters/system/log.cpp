// The log's shell: settings, this thread's scope, and spdlog, which only carries finished lines to stderr.
#include "adapters/system/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "adapters/system/clock.hpp"
#include "adapters/system/log_format.hpp"

namespace antiphon::system::log {
namespace {

struct Shared {
    Settings settings;
    Paper paper = ::isatty(STDERR_FILENO) == 1 ? Paper::terminal : Paper::plain;
};

std::atomic<Level> lowest{Level::info};
std::mutex shared_mutex;
std::shared_ptr<const Shared> shared;

thread_local std::string_view current_actor;
thread_local std::string_view current_trace;

std::shared_ptr<const Shared> current() {
    const std::lock_guard lock(shared_mutex);
    if (!shared) shared = std::make_shared<Shared>();
    return shared;
}

spdlog::logger& carrier() {
    // Never destroyed: destructors of other statics may still log.
    static auto* const logger = [] {
        auto* made =
            std::make_unique<spdlog::logger>("antiphon", std::make_shared<spdlog::sinks::stderr_sink_mt>()).release();
        made->set_pattern("%v");
        made->set_level(spdlog::level::trace);
        made->set_error_handler([](const std::string&) {});
        return made;
    }();
    return *logger;
}

}  // namespace

void configure(const Settings& settings) {
    auto next = std::make_shared<Shared>();
    next->settings = settings;
    lowest = settings.level;
    const std::lock_guard lock(shared_mutex);
    shared = std::move(next);
}

void set_boot(const std::string& boot) {
    const std::lock_guard lock(shared_mutex);
    auto next = std::make_shared<Shared>(shared ? *shared : Shared());
    next->settings.boot = boot;
    shared = std::move(next);
}

bool enabled(Level level) noexcept { return level >= lowest.load(std::memory_order_relaxed); }

void write(Level level, std::string_view event, Fields fields, std::string_view text) noexcept try {
    if (!enabled(level)) return;
    const auto now = current();
    const Entry entry{SystemClock{}.wall(),
                      level,
                      now->settings.node,
                      now->settings.boot,
                      current_actor,
                      current_trace,
                      event,
                      fields,
                      text};
    const auto line = now->settings.format == Format::json ? format_json(entry) : format_text(entry, now->paper);
    carrier().log(spdlog::level::info, spdlog::string_view_t{line.data(), line.size()});
} catch (...) {  // out of memory: the entry is lost, the program goes on
}

Scope::Scope(std::string_view actor, std::string_view trace) noexcept
    : actor_before_(current_actor), trace_before_(current_trace) {
    current_actor = actor;
    current_trace = trace;
}

Scope::~Scope() {
    current_actor = actor_before_;
    current_trace = trace_before_;
}

}  // namespace antiphon::system::log
