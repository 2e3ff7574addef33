#!/usr/bin/python3
# GStreamer as its own examples play in sync: RTSP and RTP, and a clock that the network shares.
#
# usage: gstreamer_peer.py server ADDRESS RTSP_PORT CLOCK_PORT | client ADDRESS RTSP_PORT CLOCK_PORT LATENCY_MS ALSA_DEVICE
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstNet", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstNet, GstRtspServer  # noqa: E402

SINK_MS = 250  # of the latency: what the sound card's buffer has
CLOCK_TIME = 3  # of rtpbin's and rtspsrc's ntp-time-source: what the pipeline's clock shows
SYNCED = 4  # of their buffer-mode: sender and receiver have one clock
NOISE = ("( audiotestsrc is-live=true wave=white-noise volume=0.25 samplesperbuffer=480 ! audio/x-raw,rate=48000,channels=2,format=S16BE !"
         " rtpL16pay name=pay0 pt=96 max-ptime=5000000 )")


def share_clock(media):
    """What RTCP says of the time is the pipeline's clock."""
    elements = media.get_element().get_parent().iterate_recurse()
    while (found := elements.next())[0] == Gst.IteratorResult.OK:
        if found[1].get_factory() and found[1].get_factory().get_name() == "rtpbin":
            found[1].set_property("ntp-time-source", CLOCK_TIME)


def serve(address, rtsp_port, clock_port):
    clock = Gst.SystemClock.obtain()
    provider = GstNet.NetTimeProvider.new(clock, address, clock_port)
    server = GstRtspServer.RTSPServer()
    server.set_address(address)
    server.set_service(str(rtsp_port))
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(NOISE)
    factory.connect("media-configure", lambda _, media: media.connect("prepared", share_clock))
    factory.set_shared(True)
    factory.set_clock(clock)
    server.get_mount_points().add_factory("/noise", factory)
    server.attach(None)
    print("ready", flush=True)
    GLib.MainLoop().run()
    return provider


def listen(address, rtsp_port, clock_port, latency_ms, device):
    clock = GstNet.NetClientClock.new(None, address, clock_port, 0)
    if not clock.wait_for_sync(20 * Gst.SECOND):
        sys.exit("gstreamer_peer: the clock does not answer")
    player = Gst.parse_launch(f"rtspsrc location=rtsp://{address}:{rtsp_port}/noise ntp-time-source={CLOCK_TIME} buffer-mode={SYNCED} ntp-sync=true protocols=udp"
                              f" latency={latency_ms - SINK_MS} ! rtpL16depay ! audioconvert ! audioresample ! alsasink device={device} slave-method=resample")
    player.use_clock(clock)
    player.set_latency(latency_ms * Gst.MSECOND)
    loop = GLib.MainLoop()
    bus = player.get_bus()
    bus.add_signal_watch()
    bus.connect("message::error", lambda _, message: (print(message.parse_error(), file=sys.stderr, flush=True), loop.quit()))
    player.set_state(Gst.State.PLAYING)
    loop.run()


if __name__ == "__main__":
    Gst.init(None)
    role, address, *numbers = sys.argv[1:]
    if role == "server":
        serve(address, *map(int, numbers))
    else:
        listen(address, *map(int, numbers[:3]), numbers[3])
