// Each decision is made under the lock; those it concerns are told outside of it.
#include "actors/supervisor.hpp"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "core/mutants.hpp"

namespace antiphon::actors {

class Supervisor::Impl final : public Supervised, public Overseer, public std::enable_shared_from_this<Impl> {
  public:
    using Stopped = std::function<void(std::size_t)>;

    Impl(Executor& executor, std::string name, core::RestartLimit limit, SupervisorHandlers handlers,
         std::weak_ptr<Impl> above)
        : executor_(executor),
          name_(std::move(name)),
          limit_(limit),
          handlers_(std::move(handlers)),
          above_(std::move(above)),
          intensity_(limit) {}

    Executor& executor() const { return executor_; }

    void adopt(std::string name, const std::shared_ptr<Supervised>& child) {
        bool late = false;
        {
            std::lock_guard lock(mutex_);
            late = stopping_;
            children_.push_back({std::move(name), child});
        }
        if (late) child->order(Order::abandon);
    }

    void child_failed(Supervised& child, const std::string& why) override {
        const auto told = decide(child, why);
        if (told.order != Order::none) {
            if (told.order == Order::restart) tell_restarted(told.text, why);
            return child.order(told.order);
        }
        if (told.text.empty()) return;
        if (const auto above = above_.lock()) return above->child_failed(*this, told.text);
        if (handlers_.gave_up) handlers_.gave_up(told.text);
    }

    void child_ended(Supervised& child) override {
        std::shared_ptr<Supervised> next;
        {
            std::lock_guard lock(mutex_);
            std::erase_if(children_, [&](const Child& c) { return c.supervised.get() == &child; });
            if (stopping_ && !children_.empty()) next = children_.back().supervised;
        }
        if (next) return next->order(Order::finish);
        end_if_over();
    }

    void order(Order order) override {
        if (order == Order::finish) return stop([](std::size_t) {});
        for (const auto& child : prepare(order)) child->order(order);
        if (order == Order::abandon) end_if_over();
    }

    void stop(Stopped done) {
        std::shared_ptr<Supervised> youngest;
        {
            std::lock_guard lock(mutex_);
            stopping_ = true;
            on_stopped_ = std::move(done);
            if (!children_.empty()) youngest = children_.back().supervised;
        }
        if (youngest) return youngest->order(Order::finish);
        end_if_over();
    }

    void abandon_rest() {
        std::size_t left = 0;
        Stopped done;
        {
            std::lock_guard lock(mutex_);
            left = children_.size();
            done = std::exchange(on_stopped_, nullptr);
        }
        if (!done) return;
        order(Order::abandon);
        done(left);
    }

    SupervisorCounters counters() const {
        std::lock_guard lock(mutex_);
        return counters_;
    }

  private:
    struct Child {
        std::string name;
        std::shared_ptr<Supervised> supervised;
    };
    struct Decision {
        Order order = Order::none;
        std::string text;  // of a restart, who; of an escalation, why; empty: somebody above decides already
    };

    Decision decide(const Supervised& child, const std::string& why) {
        std::lock_guard lock(mutex_);
        if (stopping_) return {Order::abandon, ""};
        if (escalated_) return {};
        const auto path = name_ + "/" + name_of(child);
        if (intensity_.allow(executor_.now()) || core::mutated(core::Mutant::restart_without_limit)) {
            ++counters_.restarts;
            return {Order::restart, path};
        }
        ++counters_.escalations;
        escalated_ = true;
        return {Order::none,
                path + " failed more than " + std::to_string(limit_.restarts_max) + " times in " +
                    std::to_string(std::chrono::duration_cast<std::chrono::seconds>(limit_.window).count()) +
                    " s, at last: " + why};
    }

    std::string name_of(const Supervised& child) const {
        const auto it = std::find_if(children_.begin(), children_.end(),
                                     [&](const Child& c) { return c.supervised.get() == &child; });
        return it == children_.end() ? "somebody" : it->name;
    }

    // The top hears of every restart in its tree.
    void tell_restarted(const std::string& who, const std::string& why) const {
        if (const auto above = above_.lock()) return above->tell_restarted(above->name_ + "/" + who, why);
        if (handlers_.restarted) handlers_.restarted(who, why);
    }

    std::vector<std::shared_ptr<Supervised>> prepare(Order order) {
        std::lock_guard lock(mutex_);
        if (order == Order::restart) {
            intensity_ = core::RestartIntensity(limit_);
            escalated_ = false;
        } else {
            stopping_ = true;
        }
        std::vector<std::shared_ptr<Supervised>> all;
        for (const auto& child : children_) all.push_back(child.supervised);
        return all;
    }

    void end_if_over() {
        Stopped done;
        {
            std::lock_guard lock(mutex_);
            if (!stopping_ || !children_.empty() || std::exchange(ended_, true)) return;
            done = std::exchange(on_stopped_, nullptr);
        }
        if (done) done(0);
        if (const auto above = above_.lock()) above->child_ended(*this);
    }

    Executor& executor_;
    const std::string name_;
    const core::RestartLimit limit_;
    const SupervisorHandlers handlers_;
    const std::weak_ptr<Impl> above_;

    mutable std::mutex mutex_;
    std::vector<Child> children_;  // the youngest last
    core::RestartIntensity intensity_;
    SupervisorCounters counters_;
    Stopped on_stopped_;
    bool escalated_ = false;
    bool stopping_ = false;
    bool ended_ = false;
};

Supervisor::Supervisor(Executor& executor, std::string name, core::RestartLimit limit, SupervisorHandlers handlers)
    : impl_(std::make_shared<Impl>(executor, std::move(name), limit, std::move(handlers), std::weak_ptr<Impl>())) {}

Supervisor::Supervisor(Supervisor& above, std::string name, core::RestartLimit limit)
    : impl_(std::make_shared<Impl>(above.executor(), name, limit, SupervisorHandlers{}, above.impl_)) {
    above.adopt(std::move(name), impl_);
}

Supervisor::~Supervisor() { impl_->order(Order::abandon); }

Executor& Supervisor::executor() const { return impl_->executor(); }
std::weak_ptr<Overseer> Supervisor::overseer() const { return impl_; }
SupervisorCounters Supervisor::counters() const { return impl_->counters(); }

void Supervisor::adopt(std::string name, const std::shared_ptr<Supervised>& child) {
    impl_->adopt(std::move(name), child);
}

void Supervisor::stop(core::Duration limit, std::function<void(std::size_t)> done) {
    auto& executor = impl_->executor();
    executor.at(executor.now() + limit, [weak = std::weak_ptr(impl_)] {
        if (const auto impl = weak.lock()) impl->abandon_rest();
    });
    impl_->stop(std::move(done));
}

}  // namespace antiphon::actors
