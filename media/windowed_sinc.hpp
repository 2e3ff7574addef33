// The kernel of all our interpolation between samples: a sinc under a Kaiser window.
#pragma once

namespace antiphon::media {

struct SincKernel {
    double half_width = 24;  // in samples; the kernel is 0 from there on
    double beta = 12;        // Kaiser's: stop band of roughly 20 + 8.7 beta dB
    double cutoff = 1;       // relative to the Nyquist frequency

    // The kernel at `x` samples from its centre. Thread-safe; too slow for audio callbacks (tables are made of it).
    double at(double x) const noexcept;
};

}  // namespace antiphon::media
