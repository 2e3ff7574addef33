# The table at the end, and the verdict: what was measured, and whether that is good enough.
RATE = 48000
SKEW_MAX_US = 100.0
LOST_BEFORE_MAX_S = 0.15  # of a track, before its worker was killed: 0.1 s, and what the moment is uncertain by


def lost_by_speaker(session, before=()):
    """The most that each worker told: one that restarts counts anew."""
    before = dict(before)
    return {member["worker"]: max(member["lost_frames"], before.get(member["worker"], 0)) for member in session["members"]}


def faults_of(measured):
    """Each in a few words, with the name of what is at fault."""
    victim = measured.get("killed", {}).get("worker")
    faults = list(measured["mics"]["faults"])
    faults += [fault for fault in ruler_faults(measured["ruler"], victim) if fault.split()[0] not in {f.split()[0] for f in faults}]
    for name, lost in measured["lost"].items():
        if lost and name != victim:
            faults.append(f"{name}/left lost {lost} samples" + blame(measured["pulse"]))
    for mic in measured["mics"]["mics"]:
        if mic["gap_frames"] and mic["name"] != f"{victim}/mic":
            faults.append(f"{mic['name']} has gaps of {mic['gap_frames']} samples" + blame(measured["pulse"]))
    return faults + killed_faults(measured, victim)


def killed_faults(measured, victim):
    """Of a microphone whose worker was killed: it has one gap, which begins just before that."""
    if f"{victim}/mic" not in {mic["name"] for mic in measured["mics"]["mics"]}:
        return []
    gaps = [gap for gap in measured["gaps"] if gap["input"] == f"{victim}/mic"]
    if len(gaps) != 1:
        return [f"{victim}/mic was killed once and tells of {len(gaps)} gaps"]
    begins_s = measured["origin_s"] + gaps[0]["first"] / RATE
    ends_s = begins_s + gaps[0]["count"] / RATE
    after_s, before_s = measured["killed"]["after_s"], measured["killed"]["before_s"]
    if after_s - LOST_BEFORE_MAX_S <= begins_s <= before_s and ends_s > after_s:
        return []
    return [f"{victim}/mic tells of a gap from {begins_s - after_s:+.2f} to {ends_s - after_s:+.2f} s of its worker's death"]


def ruler_faults(ruler, victim=None):
    """`victim`: it may be silent for a while, but not for long."""
    pairs = ruler["pairs"]
    if pairs["count"] == 0:
        return ["the ruler could compare nothing"]
    faults = [f"{s['name']} is silent" for s in ruler["speakers"] if s["silent"]]
    faults += [f"{s['name']} is {abs(s['signed_median_us']):.0f} us {'late' if s['signed_median_us'] > 0 else 'early'}"
               for s in ruler["speakers"] if s["skew"]["count"] and abs(s["signed_median_us"]) >= SKEW_MAX_US]
    if pairs["median_us"] >= SKEW_MAX_US and not faults:
        faults.append(f"speakers are {pairs['median_us']:.0f} us apart in the median")
    if not faults and not ruler["within_limits"]:
        faults += [fault for fault in ruler["verdict"].split("; ") if not fault.startswith(f"{victim}/left was silent in ")]
    return faults


def blame(pulse):
    return f" (this machine stood still {pulse['freezes']} times, up to {pulse['longest_ms']:.0f} ms)" if pulse["freezes"] else ""


def number(value, digits=1, sign=False):
    return "-" if value is None else f"{value:{'+' if sign else ''},.{digits}f}"


def skew_lines(measured):
    pairs = measured["ruler"]["pairs"]
    yield (f"Skew between speakers, against the ruler: median {number(pairs['median_us'])} us, 95 % {number(pairs['p95_us'])} us, "
           f"99 % {number(pairs['p99_us'])} us, most {number(pairs['max_us'])} us")
    yield f"  ({pairs['count']} comparisons of two speakers in {measured['ruler']['windows']} moments of the melody)"


def speaker_lines(measured):
    by_name = {speaker["name"]: speaker for speaker in measured["ruler"]["speakers"]}
    heard = {s["name"]: [(mic["name"], m) for mic in measured["mics"]["mics"] for m in mic["speakers"] if m["name"] == s["name"]]
             for s in measured["ruler"]["speakers"]}
    mics = [mic["name"] for mic in measured["mics"]["mics"]]
    yield f"{'':14}{'ruler':>14}  {'samples':>8}" + "".join(f"  {mic:>24}" for mic in mics)
    yield f"{'speaker':14}{'skew us':>14}  {'lost':>8}" + "".join(f"  {'lag us':>14}{'level dB':>10}" for _ in mics)
    for name, speaker in by_name.items():
        skew = "silent" if speaker["silent"] else number(speaker["signed_median_us"], 1, True)
        lost = measured["lost"].get(name.split("/")[0])
        cells = "".join(mic_cells(m) for _, m in heard[name])
        yield f"{name:14}{skew:>14}  {number(lost, 0):>8}{cells}"
    residuals = "".join(f"  {'residual ' + number(mic['residual_db']) + ' dB':>24}" for mic in measured["mics"]["mics"])
    yield f"{'':38}{residuals}"


def mic_cells(heard):
    if heard["missing"]:
        return f"  {'MISSING':>24}"
    return f"  {number(heard['lag_us'], 1, True):>14}{number(heard['level_db'], 1, True):>10}"


def gap_lines(measured):
    if not measured["gaps"]:
        yield "The recordings have no gap."
        return
    yield f"{'gap in':14}{'from s':>14}  {'length s':>8}  {'samples':>8}  because"
    for gap in measured["gaps"]:
        yield f"{gap['input']:14}{number(gap['first'] / RATE, 3):>14}  {number(gap['count'] / RATE, 3):>8}  {number(gap['count'], 0):>8}  {gap['reason']}"
    if killed := measured.get("killed"):
        begin, end = (number(killed[key] - measured["origin_s"], 3) for key in ("after_s", "before_s"))
        yield f"  ({killed['worker']} was killed between {begin} and {end} s of the recording)"


def cost_lines(measured):
    yield f"{'process':24}{'CPU % of a core':>16}{'RSS MB':>10}{'PSS MB':>10}"
    for row in measured["costs"]:
        yield f"{row['name']:24}{number(row['cpu_percent']):>16}{number(row['rss_mb']):>10}{number(row['pss_mb']):>10}"


def machine_line(measured):
    pulse = measured["pulse"]
    if not pulse["freezes"]:
        return f"This machine never stood still for 100 ms (at most {pulse['longest_ms']:.0f} ms)."
    return (f"This machine itself stood still {pulse['freezes']} times for more than 100 ms, at most {pulse['longest_ms']:.0f} ms: "
            "no program can play through what is longer than its buffer (200 ms).")


def lines(measured):
    yield ""
    yield from skew_lines(measured)
    if (common := measured["mics"].get("common_lag_us")) is not None:
        yield f"In the recordings all of it comes {number(common, 1, True)} us after its time, travel through the air taken off."
    yield ""
    yield from speaker_lines(measured)
    yield ""
    yield from gap_lines(measured)
    yield ""
    yield from cost_lines(measured)
    yield ""
    yield machine_line(measured)
