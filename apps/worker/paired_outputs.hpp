// The outputs of devices that were paired: they come and go while the worker runs.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apps/worker/bluetooth_board.hpp"
#include "apps/worker/input.hpp"
#include "apps/worker/output.hpp"
#include "core/worker.hpp"

namespace antiphon::worker {

// On the loop's thread. What it is given outlives it.
class PairedOutputs {
  public:
    // Puts its outputs behind those in `outputs`, and takes none of these away. `bluetooth` may be none.
    PairedOutputs(const ports::Clock& clock, BluetoothBoard* bluetooth, std::vector<std::unique_ptr<Output>>& outputs,
                  std::vector<Input>& inputs)
        : clock_(clock), bluetooth_(bluetooth), outputs_(outputs), inputs_(inputs) {}

    // Each with its monitor, where no input of the board has that name.
    void drive(const core::DriveDevices& drive);
    // For those to come.
    void set_clock(const media::ClockMap& map) { map_ = map; }

  private:
    void add(const core::PairedOutput& paired);
    void remove(const core::PairedOutput& paired);

    const ports::Clock& clock_;
    BluetoothBoard* bluetooth_;
    std::vector<std::unique_ptr<Output>>& outputs_;
    std::vector<Input>& inputs_;
    std::set<core::PairedOutput> made_;
    std::optional<media::ClockMap> map_;
};

}  // namespace antiphon::worker
