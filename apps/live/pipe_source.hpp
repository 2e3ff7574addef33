// A named pipe: whatever programs write to it, one after the other, is the source.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "apps/live/source.hpp"

namespace antiphon::live {

// Its writer may come late, go and come again; until then it is silent and says so. One that writes faster than it is
// played is held back by its pipe; one with a clock of its own is followed.
class PipeSource final : public Source {
  public:
    // `not_found`, `denied`; `invalid` for what is no pipe: a file is played as a file, and nothing else is read.
    static core::Result<std::unique_ptr<Source>> open(boost::asio::io_context& io, const ports::Clock& clock,
                                                      const PipeSpec& spec);
    static core::Result<void> check(const PipeSpec& spec);
    ~PipeSource() override;
    PipeSource(const PipeSource&) = delete;
    PipeSource& operator=(const PipeSource&) = delete;

    void produce(core::FrameCount first, std::span<float> frames, core::LocalTime at) override;
    SourceView view() const override;

  private:
    class Reading;
    explicit PipeSource(std::shared_ptr<Reading> reading) : reading_(std::move(reading)) {}

    std::shared_ptr<Reading> reading_;
};

}  // namespace antiphon::live
