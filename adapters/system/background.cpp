// A pool of one thread keeps the order; the loop gets the rest.
#include "adapters/system/background.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace antiphon::system {

Background::~Background() {
    thread_.stop();
    thread_.join();
}

bool Background::run(std::function<Then()> work) {
    if (pieces_ >= pieces_max_) {
        ++refused_;
        return false;
    }
    ++pieces_;
    boost::asio::post(thread_, [this, work = std::move(work)] {
        auto then = work();
        --pieces_;
        boost::asio::post(loop_, std::move(then));
    });
    return true;
}

}  // namespace antiphon::system
