// The verbs that run for long: coordinator, worker, supervise. And version.
#include "apps/cli/call.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/version.hpp"

namespace antiphon::cli {
namespace {

constexpr const char* group = "Programs";

void add_common(Command& verb, std::optional<std::string>& config, std::optional<std::string>& data,
                std::optional<std::string>& log_format, std::optional<std::string>& room) {
    verb.option({"--config", "FILE", "antiphon.toml to read (ANTIPHON_CONFIG; else the system's, if there is one)"},
                config);
    verb.option({"--data", "FOLDER", "where it keeps what it must not forget (ANTIPHON_DATA)"}, data);
    verb.option({"--log-format", "text|json", "how log lines look (ANTIPHON_LOG)"}, log_format);
    verb.option({"--room", "FOLDER", "room of virtual devices that name none (ANTIPHON_ROOM)"}, room);
}

int coordinator(Call& call, const CoordinatorArguments& flags, const Programs& programs) {
    const auto file = read_configuration(flags.config, call.outside());
    if (!file) return call.fail(file.error());
    const auto options = settle(flags, call.outside().variables, file->coordinator);
    return options ? programs.coordinator(*options) : call.usage(options.error());
}

int worker(Call& call, const WorkerArguments& flags, const Programs& programs) {
    const auto file = read_configuration(flags.config, call.outside());
    if (!file) return call.fail(file.error());
    const auto options = settle(flags, call.outside().variables, file->worker);
    return options ? programs.worker(*options) : call.usage(options.error());
}

void add_coordinator(Command& root, const Programs& programs) {
    const auto flags = std::make_shared<CoordinatorArguments>();
    auto verb =
        root.verb({"coordinator",
                   "Runs the coordinator: the one who knows what the cluster shall play and record.",
                   {"antiphon coordinator", "antiphon coordinator --data /srv/antiphon --listen 127.0.0.1:8740"},
                   group});
    add_common(verb, flags->config, flags->data, flags->log_format, flags->room);
    verb.option({"--listen", "HOST:PORT", "address of the HTTP server (ANTIPHON_LISTEN; default 127.0.0.1:8740)"},
                flags->listen)
        .option({"--broker", "URL", "an MQTT broker of somebody else's (ANTIPHON_BROKER; default: a private one)"},
                flags->broker)
        .option({"--mqtt-port", "PORT", "of the private broker (ANTIPHON_MQTT_PORT; default 8741)"}, flags->mqtt_port)
        .option({"--clock-port", "PORT", "of the clock, UDP (ANTIPHON_CLOCK_PORT; default 8742)"}, flags->clock_port)
        .option({"--audio-port", "PORT", "of live audio, UDP, the first of 256 (ANTIPHON_AUDIO_PORT; default 8744)"},
                flags->audio_port)
        .option({"--tls-certificate", "FILE",
                 "PEM, with its chain: HTTP and the private broker speak TLS (ANTIPHON_TLS_CERTIFICATE)"},
                flags->tls_certificate)
        .option({"--tls-key", "FILE", "PEM, the certificate's private key (ANTIPHON_TLS_KEY)"}, flags->tls_key)
        .option({"--tls-ca", "FILE", "authorities of a mqtts:// broker (ANTIPHON_TLS_CA; default: the system's)"},
                flags->tls_ca)
        .flag({"--insecure-lan", "", "listen beyond loopback without TLS; `status` keeps warning of it"},
              flags->insecure_lan)
        .runs([flags, &programs](Call& call) { return coordinator(call, *flags, programs); });
}

void add_worker(Command& root, const Programs& programs) {
    const auto flags = std::make_shared<WorkerArguments>();
    auto verb = root.verb(
        {"worker",
         "Runs a worker: a board with its outputs and inputs.",
         {"antiphon worker --name hall --join \"$(antiphon invite)\" --output left=alsa:hw:0 --input mic=alsa:hw:1",
          "antiphon worker --name attic --output left=virtual:speaker", "antiphon worker --name foyer --adapter hci0"},
         group});
    add_common(verb, flags->config, flags->data, flags->log_format, flags->room);
    verb.option({"--name", "NAME", "the board's name in the cluster (ANTIPHON_NAME)"}, flags->name)
        .option({"--join", "URL#TOKEN", "invitation; not needed once enrolled (ANTIPHON_JOIN)"}, flags->join)
        .list({"--output", "NAME=DEVICE", "something to play on; may be given several times"}, flags->outputs)
        .list({"--input", "NAME=DEVICE", "something to record from; may be given several times"}, flags->inputs)
        .list({"--adapter", "ADAPTER", "a Bluetooth adapter that is ours, such as hci0; may be given several times"},
              flags->adapters)
        .list({"--codec", "CODEC",
               "for Bluetooth: sbc, sbc-xq, aptx or ldac; several, the best first (default: aptx, sbc)"},
              flags->codecs)
        .option({"--tls-ca", "FILE", "authorities of an https coordinator (ANTIPHON_TLS_CA; default: the system's)"},
                flags->tls_ca)
        .option({"--broker-login", "FILE", "USER:PASSWORD at a broker of somebody else (ANTIPHON_BROKER_LOGIN)"},
                flags->broker_login)
        .option({"--recordings-max", "SIZE",
                 "what recordings may take of the board, such as 20GB (ANTIPHON_RECORDINGS_MAX; default: its disk)"},
                flags->recordings_max)
        .flag({"--no-clock-agreement", "", "for tests: keep the first estimate", false, true},
              flags->no_clock_agreement)
        .runs([flags, &programs](Call& call) { return worker(call, *flags, programs); });
}

void add_supervise(Command& root, const Programs& programs) {
    const auto command = std::make_shared<std::vector<std::string>>();
    root.verb({"supervise",
               "Runs a command and starts it again when it dies; gives up after 3 times in 60 s.",
               {"antiphon supervise -- antiphon worker --name hall"},
               group})
        .arguments("COMMAND", *command, "what to run, after --")
        .runs([command, &programs](Call&) { return programs.supervise(*command); });
}

int version(Call& call) {
    const std::string number(program_version());
    return call.print(call.json() ? "{\"version\":\"" + number + "\"}\n" : "antiphon " + number + "\n");
}

}  // namespace

void add_programs(Command root, const Programs& programs) {
    add_coordinator(root, programs);
    add_worker(root, programs);
    add_supervise(root, programs);
}

void add_version(Command root) {
    root.client_verb({"version", "Prints the version of this program.", {"antiphon version"}, "Help"}).runs(version);
}

}  // namespace antiphon::cli
