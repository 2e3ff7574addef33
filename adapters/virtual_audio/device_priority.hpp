// A virtual device's thread has the priority of a sound card's: a busy machine must not make it worse than real ones.
#pragma once

#include <pthread.h>
#include <sched.h>

namespace antiphon::virtual_audio {

// Of the calling thread: real time, above all ordinary work. Without the right to it (RLIMIT_RTPRIO) it goes without.
inline void ask_for_device_priority() {
    const sched_param wanted{10};  // of 1 to 99
    pthread_setschedparam(pthread_self(), SCHED_RR, &wanted);
}

}  // namespace antiphon::virtual_audio
